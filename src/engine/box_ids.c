/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ranges of user and group ids that root's containers get, 65536 each.  See box.h.
 *
 * They lie where nothing else hands out ids: above those of systemd-nspawn and /etc/subuid, below systemd's "foreign"
 * range at 0x7FFE0000 and the upper half, which some software takes for negative numbers
 * (systemd, docs/UIDS-GIDS.md: "1879048192…2147352575 unused").
 */
#include "engine/box_priv.h"
#include "engine/claim.h"

#include <errno.h>
#include <stdio.h>
#include <sys/random.h>

enum {
	IDS_FIRST = 0x70000000,
	IDS_END = 0x7FFE0000,
	IDS_PER_SLOT = 65536,
	SLOT_COUNT = (IDS_END - IDS_FIRST) / IDS_PER_SLOT,
};

uint32_t box_ids_base(const struct home *h, int slot)
{
	(void)h;
	return (uint32_t)IDS_FIRST + (uint32_t)slot * IDS_PER_SLOT;
}

int box_claim_ids(struct box *b, uint32_t *ret_base, struct err *e)
{
	uint32_t start;

	if (b->home->rootless) {
		err_set(e, EPERM, "claim a range of user ids");
		return err_why(e, "only root hands out ranges of this machine's ids");
	}
	if (getrandom(&start, sizeof(start), 0) != sizeof(start))
		return err_set(e, errno, "get random bytes for a range of ids");
	/* From a random slot on: ids come back late, so a file that one container left is seldom another one's. */
	for (uint32_t i = 0; i < SLOT_COUNT; i++) {
		int slot = (int)((start + i) % SLOT_COUNT);
		char text[16];

		snprintf(text, sizeof(text), "%d", slot);
		int r = claim_take(b->home, CLAIM_IDS, text, b->id);
		if (r == 0) {
			b->record.id_slot = slot;
			*ret_base = box_ids_base(b->home, slot);
			return 0;
		}
		if (r != -EEXIST)
			return err_set(e, -r, "claim the range of ids %d", slot);
	}
	err_set(e, EAGAIN, "claim a range of user ids");
	err_why(e, "all %d ranges belong to containers", SLOT_COUNT);
	return err_cure(e, "remove containers that are not needed: isle ps -a, isle rm");
}
