/* SPDX-License-Identifier: MIT */
/*
 * cvm: see cvm.h
 *
 * CPUID leaves: AMD manual volume 3, E.4.17 (0x8000001f: SME, SEV); Intel TDX module
 * specification (leaf 0x21); Hyper-V top level functional specification (0x4000000c,
 * isolation configuration). /dev/cpu/N/msr would tell SEV from SME, but the module is
 * often missing, so a hypervisor together with the SEV capability counts as yes.
 */
#include "base/cvm.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#if defined(__x86_64__) || defined(__i386__)
#include <cpuid.h>

#define LEAF_TDX	      0x21u
#define LEAF_HYPERVISOR	      0x40000000u
#define LEAF_HYPERV_FEATURES  0x40000003u
#define LEAF_HYPERV_ISOLATION 0x4000000cu
#define LEAF_AMD_ENCRYPTION   0x8000001fu
#define LEAF_EXTENDED	      0x80000000u
#define ECX_IS_HYPERVISOR     (1u << 31) /* leaf 1 */
#define EBX_HYPERV_ISOLATION  (1u << 22) /* leaf 0x40000003 */
#define EBX_ISOLATION_TYPE    0xfu	 /* leaf 0x4000000c: 0 none, 1 VBS, 2 SNP, 3 TDX */
#define EAX_SEV		      (1u << 1)	 /* leaf 0x8000001f */

static bool signature_is(unsigned a, unsigned b, unsigned c, const char want[12])
{
	char got[12];

	memcpy(got, &a, 4);
	memcpy(got + 4, &b, 4);
	memcpy(got + 8, &c, 4);
	return memcmp(got, want, sizeof(got)) == 0;
}

static const char *detect_cpuid(void)
{
	unsigned a, b, c, d, max, max_extended;

	max = __get_cpuid_max(0, NULL);
	if (max == 0)
		return "CPUID cannot be read";
	__cpuid(1, a, b, c, d);
	if (!(c & ECX_IS_HYPERVISOR))
		return NULL; /* bare metal: there is no host to distrust */
	if (max >= LEAF_TDX) {
		__cpuid_count(LEAF_TDX, 0, a, b, c, d);
		if (signature_is(b, d, c, "IntelTDX    "))
			return "TDX";
	}
	__cpuid(LEAF_HYPERVISOR, a, b, c, d);
	if (signature_is(b, c, d, "Microsoft Hv") && a >= LEAF_HYPERV_ISOLATION) {
		__cpuid(LEAF_HYPERV_FEATURES, a, b, c, d);
		if (b & EBX_HYPERV_ISOLATION) {
			__cpuid(LEAF_HYPERV_ISOLATION, a, b, c, d);
			if (b & EBX_ISOLATION_TYPE)
				return "Hyper-V isolation";
		}
	}
	max_extended = __get_cpuid_max(LEAF_EXTENDED, NULL);
	if (max_extended >= LEAF_AMD_ENCRYPTION) {
		__cpuid(LEAF_AMD_ENCRYPTION, a, b, c, d);
		if (a & EAX_SEV)
			return "SEV";
	}
	return NULL;
}
#else
static const char *detect_cpuid(void)
{
	return "unknown processor"; /* fail closed */
}
#endif

static const char *detect_device(void)
{
	static const struct {
		const char *path, *why;
	} devices[] = {
		{ "/dev/sev-guest", "SEV-SNP guest device" },
		{ "/dev/tdx_guest", "TDX guest device" },
		{ "/dev/tdx-guest", "TDX guest device" },
	};

	for (size_t i = 0; i < sizeof(devices) / sizeof(devices[0]); i++)
		if (access(devices[i].path, F_OK) == 0)
			return devices[i].why;
	return NULL;
}

bool cvm_detect(const char **ret_why)
{
	const char *env = secure_getenv("SEALMOUNT_CONFIDENTIAL");
	const char *why = env && strcmp(env, "1") == 0 ? "SEALMOUNT_CONFIDENTIAL=1" : NULL;

	if (!why)
		why = detect_cpuid();
	if (!why)
		why = detect_device();
	if (ret_why)
		*ret_why = why;
	return why != NULL;
}
