/* SPDX-License-Identifier: GPL-2.0 */
/* A sound card for the suites of sound; card.c. */
#ifndef ROWS_CARD_H
#define ROWS_CARD_H

struct snd_card;

extern struct snd_card *rows_card;

void rows_card_new(void);
void rows_card_free(void);

#endif /* ROWS_CARD_H */
