/* SPDX-License-Identifier: GPL-2.0 */
/* Entry points that return what they are told to; see outcome_test.c. */
#ifndef OUTCOME_H
#define OUTCOME_H

#include <linux/interrupt.h>
#include <linux/netdevice.h>
#include <linux/pci.h>
#include <linux/wait.h>

/* What the next call returns. */
extern long outcome_value;
/* How many calls are still struck; counted down natively, so not undone. */
extern int outcome_left;
extern struct wait_queue_head outcome_queue;
/* Calls that were not struck. */
extern u32 outcome_through;

/* By their C type. */
int outcome_int(void);
long outcome_long(void);
bool outcome_bool(void);
void *outcome_ptr(void);

/* By the table they are in: called through it, as the kernel does. */
extern const struct net_device_ops outcome_netdev_ops;
extern const struct pci_error_handlers outcome_error_handlers;
irqreturn_t outcome_irq(int irq, void *data);
int outcome_poll(struct napi_struct *napi, int budget);

/* Never called: hands the last two to the kernel. */
void outcome_never(struct net_device *dev, struct napi_struct *napi);

#endif /* OUTCOME_H */
