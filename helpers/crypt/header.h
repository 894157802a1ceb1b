/* SPDX-License-Identifier: MIT */
/*
 * header: is this LUKS2 header one that we open?
 *
 * The header comes from storage and nothing vouches for it. Known attacks put a null
 * cipher into the segment or a key slot, add segments, or start a "reencryption", so
 * that the right key opens what the attacker wrote or can read. So everything in it
 * must be as expected, and what is not expected is refused (remotefs-protocol notes 7.2,
 * systemd-integration notes 4.6). Costs are bounded too: no header makes us compute for hours
 * or take all memory.
 *
 * Pure: bytes in, facts and findings out.
 *
 * Uses: base.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/macros.h"

#define HEADER_SIZE_MIN	 16384 /* bytes of one copy: binary part and JSON */
#define HEADER_SIZE_MAX	 (4 * 1024 * 1024)
#define HEADER_PEEK_SIZE 4096		    /* bytes header_peek() looks at */
#define HEADER_AREA_MAX	 (16 * 1024 * 1024) /* bytes of both copies and all key slots */
#define HEADER_SLOTS_MAX 32

/* What unlocking may cost; the sum over all slots counts, since each may be tried. */
#define HEADER_PBKDF2_ITERATIONS_MAX 32000000	   /* one slot; about 10 s of a processor of 2020 */
#define HEADER_PBKDF2_COST_MAX	     96000000	   /* iterations, all slots */
#define HEADER_ARGON2_MEMORY_MAX_KIB (1024 * 1024) /* cryptsetup's own largest choice */
#define HEADER_ARGON2_COST_MAX_KIB   (32 * 1024 * 1024) /* memory times passes, all slots */
#define HEADER_ARGON2_THREADS_MAX    4
#define HEADER_AF_STRIPES	     4000 /* the only number in use */

#define HEADER_FINDINGS_MAX	32
#define HEADER_FINDING_PATH_MAX 96
#define HEADER_FINDING_TEXT_MAX 256

struct header_finding {
	bool is_error;			    /* false: odd, but harmless */
	char path[HEADER_FINDING_PATH_MAX]; /* "$.segments.0.encryption", or "primary header" */
	char text[HEADER_FINDING_TEXT_MAX]; /* value, rule; no full stop */
};

struct header_area {
	uint64_t offset, size; /* bytes */
};

struct header {
	uint64_t size; /* bytes of one copy */
	char uuid[37];
	char cipher[32];    /* "aes-xts-plain64" */
	char integrity[32]; /* "hmac(sha256)", "aead"; empty: none */
	uint32_t key_size;  /* bytes of the volume key */
	uint32_t sector_size;
	uint64_t data_offset; /* bytes */
	uint64_t data_size;   /* bytes; to the end of the image where the header says "dynamic" */
	struct header_area slots[HEADER_SLOTS_MAX];
	size_t n_slots;
	uint32_t argon2_memory_kib; /* the most that one slot asks for; 0: no argon2 */
	struct header_finding findings[HEADER_FINDINGS_MAX];
	size_t n_findings, n_findings_dropped;
};

/**
 * header_peek - how long one copy of the header says it is
 * @buf: HEADER_PEEK_SIZE bytes from the start of the image
 *
 * Return: one of the sizes the format allows, or 0 (no LUKS2 header at all)
 */
uint64_t header_peek(const uint8_t *buf);

/**
 * header_check - everything that is demanded of a header
 * @buf:	@len bytes from the start of the image: both copies, as header_peek() says,
 *		or what there is of them
 * @image_size: bytes of the whole image
 * @cipher:	the one that the segment must have, or NULL for those we trust
 * @ret:	findings always, the facts on success only
 *
 * Return: 0, -EBADMSG (error findings say why), -ENOMEM
 */
int header_check(const uint8_t *buf, size_t len, uint64_t image_size, const char *cipher,
		 struct header *ret) must_check;

/**
 * header_mirror - make the secondary copy from the primary one
 * @buf:  2 * @size bytes with a checked primary copy
 * @size: bytes of one copy
 *
 * libcryptsetup takes the copy with the higher sequence number, and repairs one by the
 * other: after this there is nothing to choose and nothing to repair.
 */
void header_mirror(uint8_t *buf, uint64_t size);

/** header_seal - set the checksum of the copy of @size bytes at @copy; for makers of headers */
void header_seal(uint8_t *copy, uint64_t size);

/** header_area_size - bytes from the start of the image to the end of the last key slot */
uint64_t header_area_size(const struct header *h);
