/* SPDX-License-Identifier: MIT */
/*
 * cvm: is this a confidential VM?
 *
 * Our own check, because systemd 252 has none and later ones can be made to say no
 * (systemd-integration notes 2.3). It fails closed: what cannot be told counts as yes.
 * Nothing can make it say no; the environment variable SEALMOUNT_CONFIDENTIAL=1, for
 * tests, can only make it say yes.
 *
 * Uses: libc, CPUID.
 */
#pragma once

#include <stdbool.h>

/**
 * cvm_detect - true in a confidential VM, or when it cannot be ruled out
 * @ret_why: static text for a message ("Hyper-V isolation", "TDX", ...); may be NULL
 */
bool cvm_detect(const char **ret_why);
