/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What of the runtime spec isle can't do yet, so that it is refused and never silently ignored.
 *
 * One table says so for both who asks for it (spec_check.h) and who wants to know beforehand (features.h): a row is
 * deleted when the step that honours its field is written, and then the field works and is told.
 */
#ifndef ISLE_OCI_SPEC_HONOUR_H
#define ISLE_OCI_SPEC_HONOUR_H

#include "core/spec.h"

/* Fails with the path of the first field of S that isle can't honour. */
int spec_honour(const struct spec *s, struct err *e) MUST_USE;
/* Whether the field at PATH ("linux.netDevices") is honoured. */
bool spec_honours(const char *path);

#endif
