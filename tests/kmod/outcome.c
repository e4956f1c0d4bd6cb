// SPDX-License-Identifier: GPL-2.0
/* Isolated entry points that return what they are told to; see outcome.h. */
#include <linux/string.h>

#include "outcome.h"
#include "strike.h"

long outcome_value;
int outcome_left;
u32 outcome_through;
DECLARE_WAIT_QUEUE_HEAD(outcome_queue);

int outcome_int(void)
{
	return outcome_value;
}

long outcome_long(void)
{
	return outcome_value;
}

/* The byte as it is: an assignment would make a bool of it. */
bool outcome_bool(void)
{
	u8 byte = outcome_value;
	bool result;

	memcpy(&result, &byte, sizeof(result));
	return result;
}

void *outcome_ptr(void)
{
	return (void *)outcome_value;
}

static netdev_tx_t outcome_xmit(struct sk_buff *skb, struct net_device *dev)
{
	return outcome_value;
}

static netdev_features_t outcome_fix(struct net_device *dev,
				     netdev_features_t features)
{
	strike(outcome_value);
	return 0;
}

static struct net_device_stats *outcome_stats(struct net_device *dev)
{
	strike(outcome_value);
	return &dev->stats;
}

static void outcome_rx_mode(struct net_device *dev)
{
	int left = READ_ONCE(outcome_left);

	wake_up(&outcome_queue);
	outcome_through++;
	strike(left > 0 ? STRIKE_DIVIDE : STRIKE_NONE);
}

const struct net_device_ops outcome_netdev_ops = {
	.ndo_start_xmit = outcome_xmit,
	.ndo_fix_features = outcome_fix,
	.ndo_get_stats = outcome_stats,
	.ndo_set_rx_mode = outcome_rx_mode,
};

static pci_ers_result_t outcome_detected(struct pci_dev *pdev,
					 pci_channel_state_t state)
{
	return (__force pci_ers_result_t)outcome_value;
}

const struct pci_error_handlers outcome_error_handlers = {
	.error_detected = outcome_detected,
};

irqreturn_t outcome_irq(int irq, void *data)
{
	return outcome_value;
}

int outcome_poll(struct napi_struct *napi, int budget)
{
	return outcome_value;
}

void outcome_never(struct net_device *dev, struct napi_struct *napi)
{
	netif_napi_add(dev, napi, outcome_poll);
	if (request_irq(0, outcome_irq, 0, "outcome", dev))
		outcome_value = 0;
}
