/* SPDX-License-Identifier: GPL-2.0 */
/* The same stores in a transaction of GCC's, run by libitm. */
#ifndef MICRO_TM_H
#define MICRO_TM_H

#ifdef __cplusplus
extern "C" {
#endif

/* Store @value and its successors to @count words, and commit. */
void tm_store(unsigned long *words, unsigned long count, unsigned long value);
/* The same, and take all of it back. */
void tm_undo(unsigned long *words, unsigned long count, unsigned long value);

#ifdef __cplusplus
}
#endif

#endif
