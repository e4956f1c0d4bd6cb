// SPDX-License-Identifier: GPL-2.0
/* A sound card on the device, made as a driver makes it. */
#include <linux/device.h>
#include <sound/core.h>

#include "rows.h"
#include "card.h"

struct snd_card *rows_card;

static void *group;

NATIVE void rows_card_new(void)
{
	group = devres_open_group(&env.pdev->dev, NULL, GFP_KERNEL);
	if (snd_devm_card_new(&env.pdev->dev, -1, "rows", THIS_MODULE, 8,
			      &rows_card))
		pr_warn("no sound card\n");
	devres_close_group(&env.pdev->dev, group);
}

NATIVE void rows_card_free(void)
{
	devres_release_group(&env.pdev->dev, group);
	rows_card = NULL;
}
