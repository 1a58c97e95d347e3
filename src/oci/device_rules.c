/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The devices that every container may use: see device_rules.h. */
#include "oci/device_rules.h"

#include "core/defaults.h"

#include <string.h>

/* One more rule that allows; -1 stands for every number. */
static void allow(struct spec_device_rules *rules, struct arena *a, char type, int major, int minor, const char *access)
{
	struct spec_device_rule *r = list_add(rules, a);

	*r = (struct spec_device_rule){
		.allow = true,
		.type = type,
		.major = {.has = major >= 0, .v = major},
		.minor = {.has = minor >= 0, .v = minor},
	};
	memcpy(r->access, access, strlen(access) + 1); /* "m" or "rwm", which it has room for */
}

void device_rules_complete(struct spec_device_rules *rules, struct arena *a)
{
	if (rules->n == 0)
		return;
	allow(rules, a, 'c', -1, -1, "m");
	allow(rules, a, 'b', -1, -1, "m");
	for (size_t i = 0; i < DEFAULT_DEVICES; i++)
		allow(rules, a, 'c', default_devices[i].major, default_devices[i].minor, "rwm");
	for (size_t i = 0; i < DEFAULT_DEVICE_RULES; i++)
		allow(rules, a, 'c', default_device_rules[i].major, default_device_rules[i].minor, "rwm");
}
