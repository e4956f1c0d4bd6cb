// SPDX-License-Identifier: GPL-2.0
/*
 * Wrappers of serio.def: what a command leaves in a PS/2 device.
 *
 * A mouse tells its settings when asked (GETINFO), so a command that sets one
 * of them has an inverse: the one that sets the old value.  The question is put
 * once a call, before its first setting.
 *
 * Extensions of the protocol hide their own commands in settings that are
 * given twice in a row, which nobody in his senses would do otherwise.  So a
 * setting that comes again within a call is no setting, nor is any command not
 * listed here: the device is restored by its driver's own callbacks then.
 */

#include <linux/libps2.h>
#include <linux/serio.h>

#include "kapi.h"

#define PS2_GETINFO	0x03e9

/* What GETINFO answers, in a word: status, resolution, rate. */
#define INFO_STATUS_21		BIT(4)	/* scaling is 2:1 */
#define INFO_STATUS_ON		BIT(5)	/* movements are reported */
#define INFO_STATUS(info)	((u8)(info))
#define INFO_RESOLUTION(info)	((u8)((info) >> 8))
#define INFO_RATE(info)		((u8)((info) >> 16))

enum ps2_kind {
	PS2_ASKS,	/* leaves nothing */
	PS2_SETS,	/* and the inverse is another setting */
	PS2_CHANGES,	/* whatever it does, nobody knows the inverse */
};

/*
 * A setting: the bits of the answer to GETINFO it changes, what they are then
 * (if its parameter does not say), and the command that sets them otherwise.
 */
static const struct ps2_row {
	u8 command;
	enum ps2_kind kind;
	u32 mask;
	u32 value;
	u16 inverse;
} ps2_rows[] = {
	{ 0xe6, PS2_SETS, INFO_STATUS_21, 0, 0xe7 },			/* SETSCALE11 */
	{ 0xe7, PS2_SETS, INFO_STATUS_21, INFO_STATUS_21, 0xe6 },	/* SETSCALE21 */
	{ 0xe8, PS2_SETS, 0xff00, 0, 0x10e8 },				/* SETRES */
	{ 0xf3, PS2_SETS, 0xff0000, 0, 0x10f3 },			/* SETRATE */
	{ 0xf4, PS2_SETS, INFO_STATUS_ON, INFO_STATUS_ON, 0xf5 },	/* ENABLE */
	{ 0xf5, PS2_SETS, INFO_STATUS_ON, 0, 0xf4 },			/* DISABLE */
	{ 0xe9, PS2_ASKS },						/* GETINFO */
	{ 0xeb, PS2_ASKS },						/* POLL */
	{ 0xf2, PS2_ASKS },						/* GETID */
};

static const struct ps2_row other = { .kind = PS2_CHANGES };

static const struct ps2_row *row_of(unsigned int command)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(ps2_rows); i++)
		if (ps2_rows[i].command == (u8)command)
			return &ps2_rows[i];
	return &other;
}

/* Does the command have a parameter, whose place in the answer is the mask? */
static bool has_parameter(const struct ps2_row *row)
{
	return row->inverse & 0xf000;
}

static u8 parameter(const struct ps2_row *row, u32 info)
{
	return row->mask == 0xff00 ? INFO_RESOLUTION(info) : INFO_RATE(info);
}

/* ---- the way back -------------------------------------------------------------- */

/*
 * Old settings, newest first; not for a device that is to be restored, nor
 * for one whose other commands nobody takes back.
 */
static void kapi_do_ps2_set_back(u64 dev, u64 info, u64 command, u64 call)
{
	struct fgft_call *c = AS(struct fgft_call *, call);
	const struct ps2_row *row = row_of(command);
	u8 param = 0;

	if (c->rough || c->fault.step >= FGFT_STEP_PM)
		return;
	if (has_parameter(row))
		param = parameter(row, info);
	else if ((INFO_STATUS(info) & row->mask) == row->value)
		return;
	/* One that is not taken leaves it to the driver's callbacks. */
	if (ps2_command(AS(struct ps2dev *, dev), &param, row->inverse))
		c->fault.effects_left++;
}

/* What is known of a device from the settings the call has made. */
struct known {
	const struct ps2dev *dev;
	u8 command;
	u32 info;		/* before the newest setting */
	u8 newest;		/* its command, 0: none has been made */
	bool repeated;
};

static bool look(const u64 arg[4], const void *data)
{
	/* The search hands it on as it got it. */
	struct known *known = (struct known *)data;

	if (AS(struct ps2dev *, arg[0]) != known->dev)
		return false;
	if (!known->newest) {
		known->newest = arg[2];
		known->info = arg[1] >> 32;
	}
	known->repeated |= (u8)arg[2] == known->command;
	return false;
}

/* ---- commands -------------------------------------------------------------------- */

void kapi_ps2_need(struct fgft_call *c, struct ps2dev *ps2dev,
		   unsigned long ip, const char *what)
{
	kapi_need(c, FGFT_OBJECT_WRITABLE, ps2dev, sizeof(*ps2dev), ip, what);
	kapi_need(c, FGFT_OBJECT_READABLE, ps2dev->serio,
		  sizeof(*ps2dev->serio), ip, what);
	kapi_need(c, FGFT_OBJECT_DEVICE, &ps2dev->serio->dev, 0, ip, what);
}

void kapi_ps2_answers(struct fgft_call *c, struct ps2dev *ps2dev,
		      unsigned long ip)
{
	fgft_write_check(c, &ps2dev->flags,
			 sizeof(*ps2dev) - offsetof(struct ps2dev, flags), ip);
}

/* Ask a mouse what it is set to; false for what is not one. */
static bool ask(struct ps2dev *ps2dev, bool locked, u32 *info)
{
	u8 answer[3] = {};
	int err;

	err = locked ? __ps2_command(ps2dev, answer, PS2_GETINFO) :
		       ps2_command(ps2dev, answer, PS2_GETINFO);
	*info = answer[0] | answer[1] << 8 | answer[2] << 16;
	return !err;
}

/* What the device is set to when the command has been done. */
static u32 info_after(const struct ps2_row *row, u32 info, u8 param)
{
	u32 value = row->value;

	if (has_parameter(row))
		value = row->mask == 0xff00 ? param << 8 : param << 16;
	return (info & ~row->mask) | value;
}

/* Remember how to take a setting back; false if that is not known. */
static bool remember(struct fgft_call *c, struct ps2dev *ps2dev, bool locked,
		     const struct ps2_row *row, u8 param)
{
	struct known known = { .dev = ps2dev, .command = row->command };
	u64 after;

	fgft_undo_find(&c->undo, kapi_do_ps2_set_back, look, &known);
	if (known.repeated || (!known.newest && !ask(ps2dev, locked, &known.info)))
		return false;
	after = info_after(row, known.info, param);
	UNDO(ps2_set_back, FGFT_EFFECT_SLEEPS, ps2dev,
	     known.info | after << 32, row->command, c);
	return true;
}

/* About to give a device a command. */
static void note(struct fgft_call *c, struct ps2dev *ps2dev, bool locked,
		 unsigned int command, const u8 *param)
{
	const struct ps2_row *row = row_of(command);

	if (row->kind == PS2_ASKS)
		return;
	c->dev = fgft_checkpoint_find(&ps2dev->serio->dev);
	c->touched = true;
	if (c->rough || row->kind == PS2_CHANGES ||
	    !remember(c, ps2dev, locked, row, param ? *param : 0))
		c->rough = true;
	c->nwrites++;
}

/* How many bytes go out, and come back into the same place. */
#define SENDS(command)		(((command) >> 12) & 0xf)
#define RECEIVES(command)	(((command) >> 8) & 0xf)

static void check(struct fgft_call *c, struct ps2dev *ps2dev, u8 *param,
		  unsigned int command, unsigned long ip, const char *what)
{
	fgft_lock_publish(c);
	kapi_sleeps(c, ip, what);
	kapi_ps2_need(c, ps2dev, ip, what);
	if (SENDS(command))
		kapi_need(c, FGFT_OBJECT_READABLE, param, SENDS(command), ip,
			  what);
	if (RECEIVES(command) && param)
		fgft_write_check(c, param, RECEIVES(command), ip);
}

KAPI_EXPORT(int, ps2_command,
	    (struct ps2dev *ps2dev, u8 *param, unsigned int command))
{
	KAPI_ENTER(ps2_command);

	if (c) {
		check(c, ps2dev, param, command, _RET_IP_, kapi_name);
		note(c, ps2dev, false, command, SENDS(command) ? param : NULL);
	}
	return ps2_command(ps2dev, param, command);
}

/* For who has the device to himself. */
KAPI_EXPORT(int, __ps2_command,
	    (struct ps2dev *ps2dev, u8 *param, unsigned int command))
{
	KAPI_ENTER(__ps2_command);

	if (c) {
		check(c, ps2dev, param, command, _RET_IP_, kapi_name);
		note(c, ps2dev, true, command, SENDS(command) ? param : NULL);
	}
	return __ps2_command(ps2dev, param, command);
}

/* A parameter of an extension, hidden in four settings of the resolution. */
KAPI_EXPORT(int, ps2_sliced_command, (struct ps2dev *ps2dev, u8 command))
{
	KAPI_ENTER(ps2_sliced_command);

	if (c) {
		check(c, ps2dev, NULL, 0, _RET_IP_, kapi_name);
		note(c, ps2dev, false, 0, NULL);
	}
	return ps2_sliced_command(ps2dev, command);
}

/* A command or a parameter of one: only what asks is known for sure. */
KAPI_EXPORT(int, ps2_sendbyte,
	    (struct ps2dev *ps2dev, u8 byte, unsigned int timeout))
{
	KAPI_ENTER(ps2_sendbyte);

	if (c) {
		check(c, ps2dev, NULL, 0, _RET_IP_, kapi_name);
		note(c, ps2dev, true,
		     row_of(byte)->kind == PS2_ASKS ? byte : 0, NULL);
	}
	return ps2_sendbyte(ps2dev, byte, timeout);
}

/* ---- ports behind a device ---------------------------------------------------------- */

KAPI_EFFECT(serio_interrupt, serio_interrupt(AS(struct serio *, a), b, c))

KAPI_EXPORT(irqreturn_t, serio_interrupt,
	    (struct serio *serio, unsigned char data, unsigned int flags))
{
	KAPI_ENTER(serio_interrupt);

	if (!c)
		return serio_interrupt(serio, data, flags);
	NEED(READABLE, serio, sizeof(*serio));
	COMMIT(serio_interrupt, serio, data, flags);
	return IRQ_HANDLED;
}
