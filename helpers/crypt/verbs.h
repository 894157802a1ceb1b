/* SPDX-License-Identifier: MIT */
/*
 * verbs: what sealmount-crypt can be told to do
 *
 * Each logs its outcome as an event and returns the exit status.
 *
 * Uses: base, keys, sd, and the modules of this folder.
 */
#pragma once

#include "base/err.h"
#include "base/macros.h"
#include "crypt/settings.h"

/**
 * verb_attach - image file to mapping, complete or not at all
 *
 * Whatever the end, the share's key is gone from the keyring afterwards.
 */
int verb_attach(const struct settings *s) must_check;

/**
 * verb_detach - mapping and loop devices away; waits for who still uses them
 * @s: its names (settings_names()) are enough
 */
int verb_detach(const struct settings *s) must_check;

/** verb_check - would the image be opened? Prints the findings; changes nothing */
int verb_check(const char *image, const char *key_file, const char *cipher) must_check;

/**
 * detach_now - the mappings of @s away, if nobody uses them
 *
 * Return: 0, -EBUSY, or another error
 */
int detach_now(const struct settings *s, struct err *e) must_check;
