/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The names of boxes: which are allowed, how one is made up, and who has it.  See box.h. */
#include "engine/box_priv.h"
#include "engine/claim.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

enum { NAME_LEN_MAX = 64, MAKE_UP_TRIES = 64 };

/* A made-up name is one of each: a quiet place, and a real one. */
static const char *const manners[] = {
	"amber",  "bold",  "brave",  "breezy", "bright",  "calm",   "chalky", "clear",	"cosy",	 "distant",
	"dreamy", "early", "far",    "foggy",  "gentle",  "golden", "grassy", "green",	"happy", "hidden",
	"humble", "jolly", "kind",   "late",   "lively",  "lonely", "lucky",  "mellow", "merry", "mild",
	"misty",  "mossy", "nimble", "old",    "patient", "pebbly", "proud",  "quiet",	"rainy", "rocky",
	"salty",  "sandy", "silent", "silver", "sleepy",  "small",  "snowy",  "stormy", "sunny", "sweet",
	"tidal",  "warm",  "wavy",   "wide",   "wild",	  "windy",  "wise",   "young",
};
static const char *const islands[] = {
	"alderney",    "amrum",	  "arran",  "aruba",   "bali",	   "barra",   "borkum", "bornholm", "burano", "bute",
	"canna",       "capri",	  "chios",  "coll",    "corfu",	   "crete",   "cyprus", "delos",    "eigg",   "elba",
	"fair",	       "faroe",	  "fiji",   "flores",  "foula",	   "gotland", "gozo",	"guernsey", "hydra",  "ibiza",
	"iona",	       "islay",	  "ithaca", "java",    "jersey",   "juist",   "jura",	"kauai",    "lanai",  "lewis",
	"lindisfarne", "lofoten", "lundy",  "madeira", "malta",	   "man",     "maui",	"milos",    "muck",   "mull",
	"mykonos",     "naxos",	  "niue",   "oahu",    "oland",	   "orkney",  "palau",	"paros",    "raasay", "rhodes",
	"rum",	       "samoa",	  "samos",  "sark",    "shetland", "skye",    "staffa", "svalbard", "sylt",   "tahiti",
	"texel",       "timor",	  "tiree",  "tonga",   "torsa",	   "unst",    "usedom", "wight",
};

/* Whether C may be in a name at all; locale does not matter. */
static bool is_name_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

int box_name_check(const char *name, struct err *e)
{
	size_t n = strlen(name);
	bool good = n > 0 && n <= NAME_LEN_MAX && is_name_letter(name[0]);

	for (size_t i = 1; good && i < n; i++)
		good = is_name_letter(name[i]) || strchr("_.-", name[i]);
	if (!good) {
		err_set(e, 0, "name a container \"%.80s\"", name);
		return err_why(e, "a name is a letter or digit, then letters, digits, '_', '.' or '-', %d at most",
			       NAME_LEN_MAX);
	}
	if (box_id_valid(name)) {
		err_set(e, 0, "name a container \"%s\"", name);
		return err_why(e, "it looks like the id of one");
	}
	return 0;
}

/* The error for a name that is taken, naming who has it. */
static int name_taken(struct box *b, const char *name, struct err *e)
{
	char id[BOX_ID_LEN + 1];
	bool known = claim_holder(b->home, CLAIM_NAME, name, id) == 0;

	err_set(e, EEXIST, "claim the name \"%s\"", name);
	err_why(e, "container %.12s has it", known ? id : "that has just gone");
	return err_cure(e, "choose another name, or remove that container: isle rm %s", name);
}

/* Claims a name made up of two words, and a number where those are taken. */
static int claim_made_up(struct box *b, struct err *e)
{
	for (unsigned int tries = 0; tries < MAKE_UP_TRIES; tries++) {
		uint32_t dice[2];
		char number[16] = "";

		if (getrandom(dice, sizeof(dice), 0) != sizeof(dice))
			return err_set(e, errno, "get random bytes for a name");
		if (tries >= 8)
			snprintf(number, sizeof(number), "_%u", dice[0] >> 12 & 0xffff);
		char *name = arena_printf(b->home->arena, "%s_%s%s", manners[dice[0] % ARRAY_LEN(manners)],
					  islands[dice[1] % ARRAY_LEN(islands)], number);
		int r = claim_take(b->home, CLAIM_NAME, name, b->id);
		if (r == 0)
			b->record.name = name;
		if (r != -EEXIST)
			return r < 0 ? err_set(e, -r, "claim the name \"%s\"", name) : 0;
	}
	return err_set(e, EEXIST, "make up a name for a container");
}

int box_claim_name(struct box *b, struct err *e)
{
	const char *name = b->record.name;

	if (!name)
		return claim_made_up(b, e);
	int r = box_name_check(name, e);
	if (r < 0)
		return r;
	r = claim_take(b->home, CLAIM_NAME, name, b->id);
	if (r == -EEXIST)
		return name_taken(b, name, e);
	return r < 0 ? err_set(e, -r, "claim the name \"%s\"", name) : 0;
}

void box_release_name(struct box *b, const char *name)
{
	if (!name)
		claim_release_all(b->home, CLAIM_NAME, b->id, NULL);
	else
		claim_release(b->home, CLAIM_NAME, name, b->id);
}
