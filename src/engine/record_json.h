/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * record.json and state.json: the text form of what the engine keeps about a container.
 *
 * Both are written by isle alone.  A key that is not known is ignored, so that an older isle can read what a newer one
 * wrote; a value of the wrong type is an error that names its path.  Nothing is printed that equals what parsing gives
 * for an absent key.
 */
#ifndef ISLE_ENGINE_RECORD_JSON_H
#define ISLE_ENGINE_RECORD_JSON_H

#include "base/json_out.h"
#include "engine/box.h"

/* Reads a whole record (the strings live in A); what TEXT leaves out is 0, NULL or empty, and id_slot is -1. */
int record_parse(const char *text, size_t size, struct arena *a, struct box_record *ret, struct err *e) MUST_USE;
/* The record as one line of JSON, terminated; never NULL. */
char *record_print(const struct box_record *r, struct arena *a);
/* The same as the value of KEY in a larger object (inspect); KEY is NULL in a list or at the top. */
void record_write(const struct box_record *r, struct json_out *out, const char *key);

/* As above for the state. */
int state_parse(const char *text, size_t size, struct arena *a, struct box_state *ret, struct err *e) MUST_USE;
char *state_print(const struct box_state *s, struct arena *a);
void state_write(const struct box_state *s, struct json_out *out, const char *key);

#endif
