/* SPDX-License-Identifier: MIT */
/*
 * fuzz-luks-header: any bytes as header of an image
 *
 * Input that begins with the magic is the image itself; input that begins as a verity
 * superblock is one; everything else becomes the JSON of a header whose binary part and
 * checksums are right, so that the search is not stopped by a checksum.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "crypt/header.h"
#include "crypt/verity.h"

#define IMAGE_SIZE (17 * 1024 * 1024)
#define JSON_AT	   4096

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_raw(const uint8_t *data, size_t size)
{
	struct header h;

	/* An image that was accepted must be readable as the findings' reader will. */
	if (header_check(data, size, size, NULL, &h) == 0 && header_area_size(&h) > size)
		abort();
}

static void check_json(const uint8_t *data, size_t size)
{
	static const uint8_t start[] = { 'L', 'U', 'K', 'S', 0xba, 0xbe, 0,    2,
					 0,   0,   0,	0,   0,	   0,	 0x40, 0 };
	static uint8_t buf[2 * HEADER_SIZE_MIN];
	struct header h;

	memset(buf, 0, sizeof(buf));
	memcpy(buf, start, sizeof(start));
	memcpy(buf + 72, "sha256", 6);
	memcpy(buf + 168, "66666666-7777-8888-9999-aaaaaaaaaaaa", 36);
	if (size > HEADER_SIZE_MIN - JSON_AT)
		size = HEADER_SIZE_MIN - JSON_AT;
	memcpy(buf + JSON_AT, data, size);
	/* Twice: the mirrored copy's checksum is not that of the primary one. */
	header_mirror(buf, HEADER_SIZE_MIN);
	header_seal(buf, HEADER_SIZE_MIN);
	if (header_check(buf, sizeof(buf), IMAGE_SIZE, NULL, &h) < 0)
		return;
	if (header_area_size(&h) > h.data_offset || h.data_offset + h.data_size > IMAGE_SIZE ||
	    !h.n_slots || strstr(h.cipher, "null"))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct verity v;

	if (size >= 4 && memcmp(data, "LUKS", 4) == 0)
		check_raw(data, size);
	else if (size >= VERITY_SUPERBLOCK_SIZE && memcmp(data, "verity", 6) == 0)
		(void)!verity_check(data, 0, IMAGE_SIZE, IMAGE_SIZE, &v, NULL);
	else
		check_json(data, size);
	return 0;
}
