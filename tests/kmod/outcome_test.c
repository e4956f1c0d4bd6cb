// SPDX-License-Identifier: GPL-2.0
/* Outcomes: results outside the convention, and what follows an abort. */
#include <linux/err.h>
#include <linux/limits.h>

#include "ktap.h"
#include "outcome.h"
#include "subject.h"

/* What @call returns when the driver says @value. */
#define SAID(value, call)						\
({									\
	outcome_value = (value);					\
	(long)(call);							\
})

/* A result that is passed on as it is. */
#define EXPECT_PASSED(run, value, call)					\
do {									\
	EXPECT_EQ(run, SAID(value, call), value);			\
	EXPECT_NO_FAULT(run);						\
} while (0)

/* One that is a fault, and what the caller gets instead. */
#define EXPECT_REFUSED(run, value, call, entry, instead)		\
do {									\
	EXPECT_EQ(run, SAID(value, call), instead);			\
	EXPECT_FAULT(run, entry, "wild result", "undo");		\
} while (0)

static void test_types(struct ktap_run *run)
{
	EXPECT_PASSED(run, 7, outcome_int());
	EXPECT_PASSED(run, INT_MAX, outcome_int());
	EXPECT_PASSED(run, -MAX_ERRNO, outcome_int());
	EXPECT_REFUSED(run, -MAX_ERRNO - 1, outcome_int(), "outcome_int", -EIO);
	EXPECT_PASSED(run, 0x80000000, outcome_long());
	EXPECT_PASSED(run, -EINVAL, outcome_long());
	EXPECT_REFUSED(run, LONG_MIN, outcome_long(), "outcome_long", -EIO);
	EXPECT_PASSED(run, 1, outcome_bool());
	EXPECT_REFUSED(run, 2, outcome_bool(), "outcome_bool", 0);
	EXPECT_REFUSED(run, 255, outcome_bool(), "outcome_bool", 0);
	EXPECT_PASSED(run, 0, outcome_ptr());
	EXPECT_PASSED(run, (long)&subject, outcome_ptr());
	EXPECT_PASSED(run, -ENOMEM, outcome_ptr());
	EXPECT_REFUSED(run, 0x1000, outcome_ptr(), "outcome_ptr", 0);
}

static void test_tables(struct ktap_run *run)
{
	const struct net_device_ops *ops = &outcome_netdev_ops;

	EXPECT_PASSED(run, NETDEV_TX_OK, ops->ndo_start_xmit(NULL, NULL));
	EXPECT_PASSED(run, NETDEV_TX_BUSY, ops->ndo_start_xmit(NULL, NULL));
	EXPECT_REFUSED(run, 0x100, ops->ndo_start_xmit(NULL, NULL),
		       "outcome_xmit", NETDEV_TX_BUSY);
	EXPECT_PASSED(run, IRQ_HANDLED, outcome_irq(0, NULL));
	EXPECT_REFUSED(run, 4, outcome_irq(0, NULL), "outcome_irq", IRQ_NONE);
	EXPECT_REFUSED(run, -1, outcome_irq(0, NULL), "outcome_irq", IRQ_NONE);
	EXPECT_PASSED(run, 3, outcome_error_handlers.error_detected(NULL, 0));
	EXPECT_REFUSED(run, 0, outcome_error_handlers.error_detected(NULL, 0),
		       "outcome_detected", PCI_ERS_RESULT_DISCONNECT);
}

/* A poll may use up its budget, whatever that is, and no more. */
static void test_budget(struct ktap_run *run)
{
	EXPECT_PASSED(run, 0, outcome_poll(NULL, 8));
	EXPECT_PASSED(run, 8, outcome_poll(NULL, 8));
	EXPECT_REFUSED(run, 9, outcome_poll(NULL, 8), "outcome_poll",
		       NAPI_POLL_WEIGHT);
	EXPECT_PASSED(run, 9, outcome_poll(NULL, 64));
}

static void test_argument(struct ktap_run *run)
{
	netdev_features_t features = NETIF_F_SG | NETIF_F_RXALL;

	outcome_value = STRIKE_DIVIDE;
	EXPECT_EQ(run, outcome_netdev_ops.ndo_fix_features(NULL, features),
		  features);
	EXPECT_FAULT(run, "outcome_fix", "divide error", "undo");
	outcome_value = STRIKE_NONE;
	EXPECT_EQ(run, outcome_netdev_ops.ndo_fix_features(NULL, features), 0);
}

/* Runs natively, inside the call: what it counts is not rolled back. */
static int count_down(wait_queue_entry_t *entry, unsigned int mode, int flags,
		      void *key)
{
	outcome_left--;
	return 0;
}

/* A caller that takes no error: once more, with the first run taken back. */
static void test_again(struct ktap_run *run)
{
	wait_queue_entry_t entry;

	init_waitqueue_func_entry(&entry, count_down);
	add_wait_queue(&outcome_queue, &entry);

	outcome_through = 0;
	outcome_left = 1;
	outcome_netdev_ops.ndo_set_rx_mode(NULL);
	EXPECT_FAULT(run, "outcome_rx_mode", "divide error", "again");
	EXPECT_EQ(run, outcome_left, -1);
	EXPECT_EQ(run, outcome_through, 1);

	/* Not a third time. */
	outcome_left = 5;
	run->faults++;
	outcome_netdev_ops.ndo_set_rx_mode(NULL);
	EXPECT_FAULT(run, "outcome_rx_mode", "divide error", "undo");
	EXPECT_EQ(run, outcome_left, 3);
	EXPECT_EQ(run, outcome_through, 1);

	outcome_left = 0;
	outcome_netdev_ops.ndo_set_rx_mode(NULL);
	EXPECT_NO_FAULT(run);
	EXPECT_EQ(run, outcome_through, 2);
	remove_wait_queue(&outcome_queue, &entry);
}

const struct ktap_test outcome_tests[] = {
	{ "types", test_types },
	{ "tables", test_tables },
	{ "budget", test_budget },
	{ "argument", test_argument },
	{ "again", test_again },
	{ }
};
