/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The devices that every container may use, whatever linux.resources.devices denies. */
#ifndef ISLE_OCI_DEVICE_RULES_H
#define ISLE_OCI_DEVICE_RULES_H

#include "core/spec.h"

/*
 * Allows the default devices, terminals, and the making of nodes, behind the rules of RULES; without any rule nothing
 * is denied, and nothing is added.  runc and crun agree on this: engines begin their lists with "deny all".
 */
void device_rules_complete(struct spec_device_rules *rules, struct arena *a);

#endif
