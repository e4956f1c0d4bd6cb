// SPDX-License-Identifier: GPL-2.0
/* Outcomes: results outside the convention, and what follows an abort. */
#include <linux/err.h>
#include <linux/limits.h>
#include <linux/netdevice.h>
#include <linux/slab.h>

#include "ktap.h"
#include "outcome.h"
#include "subject.h"

/*
 * The driver's next call returns @value; that is passed on as it is, or it is a
 * fault and the caller gets something else.
 */
static void said(long value)
{
	outcome_value = value;
}

static void passed(struct ktap_run *run, long value, long returned)
{
	EXPECT_EQ(run, returned, value);
	EXPECT_NO_FAULT(run);
}

static void refused(struct ktap_run *run, const char *entry, long instead,
		    long returned)
{
	EXPECT_EQ(run, returned, instead);
	EXPECT_FAULT(run, entry, "wild result", "undo");
}

static void test_types(struct ktap_run *run)
{
	said(7);
	passed(run, 7, (long)outcome_int());
	said(INT_MAX);
	passed(run, INT_MAX, (long)outcome_int());
	said(-MAX_ERRNO);
	passed(run, -MAX_ERRNO, (long)outcome_int());
	said(-MAX_ERRNO - 1);
	refused(run, "outcome_int", -EIO,
		(long)outcome_int());
	said(0x80000000);
	passed(run, 0x80000000, (long)outcome_long());
	said(-EINVAL);
	passed(run, -EINVAL, (long)outcome_long());
	said(LONG_MIN);
	refused(run, "outcome_long", -EIO,
		(long)outcome_long());
	said(1);
	passed(run, 1, (long)outcome_bool());
	said(2);
	refused(run, "outcome_bool", 0,
		(long)outcome_bool());
	said(255);
	refused(run, "outcome_bool", 0,
		(long)outcome_bool());
	said(0);
	passed(run, 0, (long)outcome_ptr());
	said((long)&subject);
	passed(run, (long)&subject, (long)outcome_ptr());
	said(-ENOMEM);
	passed(run, -ENOMEM, (long)outcome_ptr());
	said(0x1000);
	refused(run, "outcome_ptr", 0,
		(long)outcome_ptr());
}

static void test_tables(struct ktap_run *run)
{
	const struct net_device_ops *ops = &outcome_netdev_ops;

	said(NETDEV_TX_OK);
	passed(run, NETDEV_TX_OK, (long)ops->ndo_start_xmit(NULL, NULL));
	said(NETDEV_TX_BUSY);
	passed(run, NETDEV_TX_BUSY, (long)ops->ndo_start_xmit(NULL, NULL));
	said(0x100);
	refused(run, "outcome_xmit", NETDEV_TX_BUSY,
		(long)ops->ndo_start_xmit(NULL, NULL));
	said(IRQ_HANDLED);
	passed(run, IRQ_HANDLED, (long)outcome_irq(0, NULL));
	said(4);
	refused(run, "outcome_irq", IRQ_NONE,
		(long)outcome_irq(0, NULL));
	said(-1);
	refused(run, "outcome_irq", IRQ_NONE,
		(long)outcome_irq(0, NULL));
	said(3);
	passed(run, 3, (long)outcome_error_handlers.error_detected(NULL, 0));
	said(0);
	refused(run, "outcome_detected", PCI_ERS_RESULT_DISCONNECT,
		(long)outcome_error_handlers.error_detected(NULL, 0));
}

/* A poll may use up its budget, whatever that is, and no more. */
static void test_budget(struct ktap_run *run)
{
	said(0);
	passed(run, 0, (long)outcome_poll(NULL, 8));
	said(8);
	passed(run, 8, (long)outcome_poll(NULL, 8));
	said(-1);
	passed(run, -1, (long)outcome_poll(NULL, 8));
	said(-2);
	refused(run, "outcome_poll", NAPI_POLL_WEIGHT,
		(long)outcome_poll(NULL, 8));
	said(9);
	refused(run, "outcome_poll", NAPI_POLL_WEIGHT,
		(long)outcome_poll(NULL, 8));
	said(9);
	passed(run, 9, (long)outcome_poll(NULL, 64));
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

/* The caller follows what it gets. */
static void test_inside(struct ktap_run *run)
{
	struct net_device *dev = kzalloc(sizeof(*dev), GFP_KERNEL);

	if (!dev) {
		run->skip = "no memory";
		return;
	}
	outcome_value = STRIKE_DIVIDE;
	EXPECT_EQ(run, (long)outcome_netdev_ops.ndo_get_stats(dev),
		  (long)&dev->stats);
	EXPECT_FAULT(run, "outcome_stats", "divide error", "undo");
	outcome_value = STRIKE_NONE;
	EXPECT_EQ(run, (long)outcome_netdev_ops.ndo_get_stats(dev),
		  (long)&dev->stats);
	kfree(dev);
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
	{ "inside", test_inside },
	{ "again", test_again },
	{ }
};
