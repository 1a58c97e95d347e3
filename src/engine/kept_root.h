/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Kept roots (image/root.h) and the containers that stand on them. */
#ifndef ISLE_ENGINE_KEPT_ROOT_H
#define ISLE_ENGINE_KEPT_ROOT_H

#include "engine/home.h"

/* Removes the kept root NAME; -EBUSY with the name of a container that uses it. */
int kept_root_forget(struct home *h, const char *name, struct err *e) MUST_USE;

#endif
