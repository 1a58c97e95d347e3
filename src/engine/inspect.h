/* SPDX-License-Identifier: GPL-2.0-or-later */
/* 'isle inspect': everything that is known about one container, as one JSON object. */
#ifndef ISLE_ENGINE_INSPECT_H
#define ISLE_ENGINE_INSPECT_H

#include "base/json_out.h"
#include "engine/box.h"

/* Writes {"id", "name", "status", "paths", "record", "state", "config"} into OUT; nothing where it fails. */
int inspect_box(struct home *h, const char *ref, struct json_out *out, struct err *e) MUST_USE;

#endif
