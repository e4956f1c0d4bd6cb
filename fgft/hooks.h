/* SPDX-License-Identifier: GPL-2.0 */
/* What hooks.S and the C it works with agree on; store.c holds it against C. */
#ifndef FGFT_HOOKS_H
#define FGFT_HOOKS_H

#define FGFT_HITS		8	/* ranges remembered from call to call */

/* struct fgft_call */
#define FGFT_AT_UNDO_AT		0
#define FGFT_AT_UNDO_LAST	8
#define FGFT_AT_HIT		56
#define FGFT_AT_BUDGET		200
#define FGFT_AT_STACK_LOW	208
#define FGFT_AT_FRAME		216

/* struct fgft_hit */
#define FGFT_HIT_SIZE		16
#define FGFT_AT_HIT_TAIL	8

/* struct fgft_undo_record; its footer's kind is FGFT_UNDO_WORD, which is 0 */
#define FGFT_WORD_BEFORE	0
#define FGFT_WORD_AFTER		8
#define FGFT_WORD_ADDR		16
#define FGFT_WORD_SIZE		24	/* and kind */
#define FGFT_WORD_BYTES		32

#endif /* FGFT_HOOKS_H */
