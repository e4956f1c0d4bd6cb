// SPDX-License-Identifier: GPL-2.0
/* Input devices: what they can do, and what the kernel takes their state for. */
#include <linux/input.h>
#include <linux/input/mt.h>
#include <linux/string.h>

#include "rows.h"

static void have_input(void)
{
	rows.input = input_allocate_device();
	if (!rows.input)
		return;
	rows.input->name = "rows";
	input_set_capability(rows.input, EV_KEY, BTN_LEFT);
}

static void have_registered(void)
{
	have_input();
	if (input_register_device(rows.input))
		pr_warn("an input device cannot be registered\n");
}

static void have_slots(void)
{
	have_input();
	input_set_abs_params(rows.input, ABS_MT_POSITION_X, 0, 100, 0, 0);
	input_set_abs_params(rows.input, ABS_MT_POSITION_Y, 0, 100, 0, 0);
	if (input_mt_init_slots(rows.input, 2,
				INPUT_MT_POINTER | INPUT_MT_TRACK))
		pr_warn("an input device gets no slots\n");
}

static NATIVE void have_touch(void)
{
	have_slots();
	input_mt_report_slot_state(rows.input, MT_TOOL_FINGER, true);
}

static NATIVE u64 touched(void)
{
	return input_mt_is_active(&rows.input->mt->slots[0]);
}

static NATIVE const struct input_absinfo *axis(const struct input_dev *dev)
{
	static const struct input_absinfo none;

	return dev->absinfo ? &dev->absinfo[ABS_X] : &none;
}

/* The contact there is gets a slot. */
static void assign(void)
{
	const struct input_mt_pos pos = { .x = 5, .y = 5 };
	int slot = 7;

	OUT(input_mt_assign_slots(rows.input, &slot, &pos, 1, 0));
	rows.word = slot;
}

#define SUITE		input
#define SUITE_FILE	"input.def"
#include "suite.h"
