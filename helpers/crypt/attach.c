/* SPDX-License-Identifier: MIT */
/*
 * attach: loop device, header check, dm-verity, LUKS, probe
 *
 * In this order, each undone when a later one fails:
 *
 *   image file ── header read once, checked, copied (LUKS without dm-verity)
 *       └─ loop device(s) ── [dm-verity] ── [header, through dm-verity] ── [LUKS] ── probe
 *
 * Loop devices free themselves at the last close: ours is closed when the mapping has
 * them, so undoing is closing.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "base/log.h"
#include "base/opts.h"
#include "crypt/crypt.h"
#include "crypt/device.h"
#include "crypt/dm.h"
#include "crypt/image.h"
#include "crypt/probe.h"
#include "crypt/state.h"
#include "crypt/uevent.h"
#include "crypt/verbs.h"
#include "keys/keyring.h"
#include "sd/notify.h"

#define MAPPER_DIR    "/dev/mapper/"
#define MAPPER_PATH   (sizeof(MAPPER_DIR) + SETTINGS_NAME_MAX)
#define MEMINFO_MAX   16384
#define KIB_OF_MARGIN (64 * 1024) /* memory that Argon2 must leave */

/* The order of steps and their outcomes; "recognised" ends early and well. */
enum { ATTACH_GO_ON = 0, ATTACH_RECOGNISED = 1 };

struct attach {
	const struct settings *s;
	int image, hash, header_fd; /* descriptors */
	uint64_t image_size, hash_size;
	struct device loop, hash_loop;
	struct verity verity;
	struct header header;
	char data[MAPPER_PATH];	   /* the device that holds LUKS */
	char mapping[MAPPER_PATH]; /* the result */
	char type[PROBE_TYPE_MAX];
	enum log_event_id event; /* what a failure of the current step is */
	const char *remedy;	 /* for it, if the error has none; may be NULL */
};

static bool has_verity(const struct settings *s)
{
	return s->root_hash;
}

/* ---- steps ---- */

static bool is_same_image(const struct state *st, int image)
{
	struct stat file;

	return st->n_loops > 0 && fstat(image, &file) == 0 &&
	       st->loops[0].file_device == file.st_dev && st->loops[0].file_inode == file.st_ino &&
	       device_holds_file(st->loops[0].number, file.st_dev, file.st_ino);
}

/*
 * A mapping of ours may be there already: an attach that was killed, or a soft reboot.
 * One that nobody uses is made anew. One in use is right if it was complete and stands on the
 * very file that is attached now.
 */
static int step_leftover(struct attach *a, struct err *e)
{
	struct state st;
	int r = detach_now(a->s, e);

	if (r != -EBUSY)
		return r;
	if (state_read(a->s->name, &st, NULL) == 1 && st.is_complete &&
	    is_same_image(&st, a->image))
		return ATTACH_RECOGNISED;
	r = err_set(e, EBUSY, "mapping '%s' is there from before, in use, and not over this image",
		    a->s->mapping);
	err_remedy(e, "end what uses it (systemctl stop sealmount@%s.target), then start again",
		   a->s->name);
	return r;
}

static int step_open(struct attach *a, struct err *e)
{
	a->image = image_open(a->s->image, &a->image_size, e);
	if (a->image < 0)
		return a->image;
	if (!has_verity(a->s) || !a->s->hash)
		return 0;
	a->hash = image_open(a->s->hash, &a->hash_size, e);
	return a->hash < 0 ? a->hash : 0;
}

static int step_header(struct attach *a, int fd, uint64_t size, struct err *e)
{
	int r;

	a->event = EV_CRYPT_HEADER_REJECTED;
	r = image_read_header(fd, size, a->s->cipher, &a->header, &a->header_fd, e);
	if (r != -EBADMSG && r < 0)
		a->event = EV_CRYPT_FAILED;
	return r;
}

static int step_verity_superblock(struct attach *a, struct err *e)
{
	bool is_apart = a->hash >= 0;
	int r;

	a->event = EV_CRYPT_HEADER_REJECTED;
	r = image_read_verity(is_apart ? a->hash : a->image, a->s->hash_offset,
			      is_apart ? a->hash_size : a->image_size,
			      is_apart ? a->image_size : a->s->hash_offset, &a->verity, e);
	if (r == 0 && a->verity.digest_size != a->s->root_size)
		r = err_set(e, EBADMSG,
			    "the hash tree is made with %s, the root hash has %zu bytes",
			    a->verity.algorithm, a->s->root_size);
	return r;
}

/*
 * Blocks of 4096 bytes, but smaller where the content was made with smaller sectors: a
 * filesystem of 1 KiB blocks cannot be mounted on a device of larger ones.
 */
static int step_loops(struct attach *a, struct err *e)
{
	const struct settings *s = a->s;
	uint32_t block = has_verity(s) ? a->verity.data_block_size : a->header.sector_size;
	int r;

	a->event = EV_CRYPT_FAILED;
	if (has_verity(s) && a->hash < 0 && a->verity.hash_block_size < block)
		block = a->verity.hash_block_size;
	r = device_attach(a->image, s->image, device_block_size(a->image_size, block),
			  s->may_buffer, &a->loop, e);
	if (r < 0 || a->hash < 0)
		return r;
	return device_attach(a->hash, s->hash,
			     device_block_size(a->hash_size, a->verity.hash_block_size),
			     s->may_buffer, &a->hash_loop, e);
}

static int save_state(const struct attach *a, bool is_complete, struct err *e)
{
	struct state st = { .n_loops = 1, .is_complete = is_complete };

	st.loops[0] = a->loop;
	if (a->hash >= 0)
		st.loops[st.n_loops++] = a->hash_loop;
	return state_write(a->s->name, &st, e);
}

static int step_verity(struct attach *a, struct err *e)
{
	const char *name = a->s->is_plain ? a->s->mapping : a->s->verity;
	int r;

	(void)snprintf(a->data, sizeof(a->data), MAPPER_DIR "%s", name); /* fits */
	r = crypt_verity_open(&a->verity, a->s->root, a->loop.path,
			      a->hash >= 0 ? a->hash_loop.path : a->loop.path, name, e);
	if (r == -EBADMSG) {
		a->event = EV_CRYPT_HEADER_REJECTED;
		a->remedy = "compare volume.verity.root_hash with what veritysetup printed for "
			    "this very image";
	}
	return r;
}

/*
 * What dm-verity and dm-integrity find false, they answer with EIO; so does a blob server
 * that gave up. Only the kernel's log tells one from the other.
 */
static int judge_read(struct attach *a, int r)
{
	if (r != -EIO || (!has_verity(a->s) && !a->header.integrity[0]))
		return r;
	a->event = EV_CRYPT_HEADER_REJECTED;
	a->remedy =
		has_verity(a->s)
			? "look at journalctl -k: if dm-verity speaks of corruption, the image is "
			  "not the one that the root hash (volume.verity.root_hash) was made for"
			: "look at journalctl -k: if dm-crypt speaks of an integrity error, the "
			  "image was changed";
	return r;
}

static int step_header_through_verity(struct attach *a, struct err *e)
{
	cleanup_fd int fd = -1;
	uint64_t size;

	fd = image_open(a->data, &size, e);
	if (fd < 0)
		return fd;
	return judge_read(a, step_header(a, fd, size, e));
}

static uint64_t available_kib(void)
{
	cleanup_free char *text = NULL;
	unsigned long long kib;
	const char *line;
	size_t len;

	if (io_read_file(AT_FDCWD, "/proc/meminfo", MEMINFO_MAX, &text, &len, NULL) < 0)
		return UINT64_MAX;
	line = strstr(text, "MemAvailable:");
	return line && sscanf(line, "MemAvailable: %llu kB", &kib) == 1 ? kib : UINT64_MAX;
}

/* The header asks for memory; refuse before the kernel has to kill somebody for it. */
static int check_memory(const struct header *h, struct err *e)
{
	uint64_t have = available_kib();
	int r;

	if (!h->argon2_memory_kib || have >= (uint64_t)h->argon2_memory_kib + KIB_OF_MARGIN)
		return 0;
	r = err_set(e, ENOMEM, "its key slot needs %u MiB of memory for Argon2; %llu MiB are free",
		    h->argon2_memory_kib / 1024, (unsigned long long)have / 1024);
	err_remedy(e,
		   "make the image with --pbkdf pbkdf2: a random key needs no costly derivation");
	return r;
}

static int get_key(const struct settings *s, struct secret **ret, struct err *e)
{
	cleanup_fd int fd = -1;
	int r;

	if (!s->key_file) {
		r = keyring_take(s->name, /* ret_description= */ NULL, ret, e);
		if (r == -ENOKEY)
			err_remedy(e,
				   "look at why it was not left there: journalctl -u "
				   "sealmount-key@%s.service",
				   s->name);
		return r;
	}
	fd = open(s->key_file, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return err_errno(e, errno, "open key file '%s'", s->key_file);
	r = secret_read_fd(fd, ret, e);
	if (r < 0)
		err_wrap(e, "key file '%s'", s->key_file);
	return r;
}

static int step_luks(struct attach *a, struct err *e)
{
	cleanup_secret struct secret *key = NULL;
	int r;

	a->event = EV_CRYPT_FAILED;
	r = check_memory(&a->header, e);
	if (r == 0)
		r = get_key(a->s, &key, e);
	if (r < 0)
		return r;
	notify_status("Opening the volume");
	r = crypt_volume_open(a->header_fd, &a->header, a->data, a->s->mapping, key, e);
	if (r == -EKEYREJECTED) {
		a->event = EV_CRYPT_WRONG_KEY;
		a->remedy = "if the key is derived, compare salt and label with those of the "
			    "image's making: a tool that was given no salt invented one and "
			    "printed it, while no salt in a share means none";
	} else if (r == -EBADMSG) {
		a->event = EV_CRYPT_HEADER_REJECTED;
	} else if (r < 0) {
		a->remedy = "see that the kernel has what it takes: modprobe dm_crypt (and "
			    "dm_integrity, for a volume with integrity)";
	}
	return r;
}

static int step_probe(struct attach *a, struct err *e)
{
	int r;

	r = probe_filesystem(a->mapping, a->s->filesystem, a->type, e);
	if (r == -ENODATA) {
		a->event = EV_CRYPT_NO_FILESYSTEM;
		a->remedy = "look at what the image was made from, and at filesystem.type of the "
			    "share";
	}
	return judge_read(a, r);
}

static void tune(const struct attach *a)
{
	struct dm_mapping m;
	struct err e = { 0 };

	if (device_tune(a->loop.device, &e) < 0 ||
	    (a->hash >= 0 && device_tune(a->hash_loop.device, &e) < 0))
		log_warning("Reading will be slow: %s", e.text);
	/* What a mapping accepts depends on the kernel. */
	if (dm_query(a->s->mapping, &m, &e) == 0 && m.exists && device_tune(m.device, &e) < 0)
		log_debug("%s", e.text);
}

/* ---- the whole ---- */

/* From the first mapping on; @e tells about the failure, which the caller undoes. */
static int map(struct attach *a, struct err *e)
{
	int r = save_state(a, /* is_complete= */ false, e);

	(void)snprintf(a->data, sizeof(a->data), "%s", a->loop.path); /* fits */
	if (r == 0 && has_verity(a->s))
		r = step_verity(a, e);
	if (r == 0 && has_verity(a->s) && !a->s->is_plain)
		r = step_header_through_verity(a, e);
	if (r == 0 && !a->s->is_plain)
		r = step_luks(a, e);
	if (r == 0)
		r = step_probe(a, e);
	if (r < 0)
		return r;
	tune(a);
	a->event = EV_CRYPT_FAILED;
	return save_state(a, /* is_complete= */ true, e);
}

static int attach(struct attach *a, struct err *e)
{
	struct err undo = { 0 };
	int r = step_open(a, e);

	if (r == 0)
		r = step_leftover(a, e);
	if (r != ATTACH_GO_ON)
		return r;
	r = has_verity(a->s) ? step_verity_superblock(a, e)
			     : step_header(a, a->image, a->image_size, e);
	if (r == 0)
		r = step_loops(a, e);
	if (r < 0)
		return r;
	/* Until here, dying leaves nothing: the loop devices free themselves. */
	uevent_block_signals();
	r = map(a, e);
	if (r == 0 && uevent_has_signal())
		r = err_set(e, ECANCELED, "told to stop");
	if (r < 0) {
		if (detach_now(a->s, &undo) < 0)
			log_warning("Cannot undo it: %s", undo.text);
		state_remove(a->s->name);
	}
	return r;
}

static void log_findings(const struct attach *a, const struct err *e)
{
	const struct header *h = &a->header;
	bool was_logged = false;

	for (size_t i = 0; i < h->n_findings; i++) {
		const struct header_finding *f = &h->findings[i];

		if (!f->is_error)
			log_warning("Header of %s: %s: %s", a->s->image, f->path, f->text);
		else if (was_logged)
			log_error("Header of %s: %s: %s", a->s->image, f->path, f->text);
		else
			log_event(
				EV_CRYPT_HEADER_REJECTED,
				"upload the image again and look at who can write to the storage; "
				"look at an image of one's own with: sealmount-crypt check IMAGE",
				FIELDS("SEALMOUNT_FINDING", f->path),
				"Header of %s refused: %s: %s", a->s->image, f->path, f->text);
		was_logged |= f->is_error;
	}
	if (!was_logged)
		log_event(EV_CRYPT_HEADER_REJECTED,
			  e->remedy[0] ? e->remedy
			  : a->remedy  ? a->remedy
				       : "upload the image again and look at who can write to the "
					 "storage",
			  NO_FIELDS, "Volume of %s refused: %s", a->s->image, e->text);
}

static void log_failure(const struct attach *a, const struct err *e)
{
	notify_errno(e->code);
	notify_status("Failed: %s", e->text);
	if (a->event == EV_CRYPT_HEADER_REJECTED)
		log_findings(a, e);
	else
		log_event(a->event, e->remedy[0] ? e->remedy : a->remedy, NO_FIELDS,
			  "Cannot open the volume in %s: %s", a->s->image, e->text);
}

static void log_success(const struct attach *a)
{
	const struct header *h = &a->header;
	const char *how = a->s->is_plain ? "dm-verity" : h->cipher;

	for (size_t i = 0; i < h->n_findings; i++)
		log_warning("Header of %s: %s: %s", a->s->image, h->findings[i].path,
			    h->findings[i].text);
	notify_status("Open as %s", a->mapping);
	log_event(EV_CRYPT_ACTIVATED, NULL,
		  FIELDS("SEALMOUNT_DEVICE", a->loop.path, "SEALMOUNT_MAPPING", a->mapping),
		  "Volume open as %s: %s%s%s%s, %s, on %s", a->mapping, how,
		  h->integrity[0] ? " with " : "", h->integrity,
		  has_verity(a->s) && !a->s->is_plain ? " over dm-verity" : "", a->type,
		  a->loop.path);
}

int verb_attach(const struct settings *s)
{
	struct attach a = {
		.s = s,
		.image = -1,
		.hash = -1,
		.header_fd = -1,
		.loop = DEVICE_NONE,
		.hash_loop = DEVICE_NONE,
		.event = EV_CRYPT_FAILED,
	};
	struct err e = { 0 }, drop = { 0 };
	int r;

	(void)snprintf(a.mapping, sizeof(a.mapping), MAPPER_DIR "%s", s->mapping); /* fits */
	r = attach(&a, &e);
	if (!s->is_plain && !s->key_file && keyring_drop(s->name, &drop) < 0)
		log_warning("The key could not be removed from the keyring: %s", drop.text);
	if (r == ATTACH_RECOGNISED)
		log_notice("The volume is open already as %s", a.mapping);
	else if (r < 0)
		log_failure(&a, &e);
	else
		log_success(&a);
	device_close(&a.loop);
	device_close(&a.hash_loop);
	cleanup_fd_fn(&a.image);
	cleanup_fd_fn(&a.hash);
	cleanup_fd_fn(&a.header_fd);
	return r < 0 ? EXIT_FAILED : EXIT_DONE;
}
