/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the device coredump of a fault looks like: for the kernel and for tools.
 *
 * A header, then sections behind each other:
 *
 *	struct fgft_dump_header
 *	struct fgft_dump_section	kind, number and size of its records
 *	records
 *	(zeroes to a multiple of 8)
 *	struct fgft_dump_section
 *	...
 *
 * Little endian, all fields at multiples of their size.  A reader leaves out
 * sections of kinds it does not know, ignores what a record holds beyond the
 * fields it knows, and takes fields a record does not reach for zero; so both
 * can grow without a new version.  The version changes when that is not enough.
 *
 * Text is in the section of strings, each ending in a zero byte, and named by
 * its offset there.  Offset 0 is the empty string.
 */
#ifndef _LINUX_FGFT_DUMP_H
#define _LINUX_FGFT_DUMP_H

#include <linux/types.h>

#define FGFT_DUMP_MAGIC		0x504d554454464746ULL	/* "FGFTDUMP" */
#define FGFT_DUMP_VERSION	1

struct fgft_dump_header {
	__u64 magic;
	__u32 version;
	__u32 sections;
	__u64 size;		/* of the whole dump in bytes */
};

enum fgft_dump_kind {
	FGFT_DUMP_FAULT = 1,	/* one struct fgft_dump_fault */
	FGFT_DUMP_FRAMES,	/* struct fgft_dump_frame, innermost first */
	FGFT_DUMP_UNDO,		/* struct fgft_dump_undo, newest first */
	FGFT_DUMP_RANGES,	/* struct fgft_dump_range: what stores went to */
	FGFT_DUMP_WRITES,	/* struct fgft_dump_write, oldest first */
	FGFT_DUMP_STRINGS,	/* bytes */
};

struct fgft_dump_section {
	__u32 kind;		/* enum fgft_dump_kind */
	__u32 record_size;	/* bytes */
	__u32 records;		/* here */
	__u32 total;		/* there were in the call */
};

struct fgft_dump_fault {
	__u32 driver;		/* strings from here on */
	__u32 entry;
	__u32 table;
	__u32 device;		/* empty: nobody can tell */
	__u32 cause;
	__u32 step;
	__u32 what;		/* kernel function concerned, or empty */
	__u32 task;
	__u32 kernel;		/* release */
	__u32 pid;
	__u32 cpu;
	__u32 level;		/* FGFT_DUMP_LEVEL_* */
	__u64 ip;
	__u64 address;
	__s64 result;		/* what the caller got */
	__s64 restore_error;	/* a negative errno if the last step failed */
	__u64 detected_ns;	/* CLOCK_MONOTONIC */
	__u64 rollback_ns;
	__u64 restore_ns;
	__u64 args[6];		/* of the entry point */
	__u32 undone_stores;
	__u32 undone_calls;	/* effects of kernel functions */
};

#define FGFT_DUMP_LEVEL_TASK	0
#define FGFT_DUMP_LEVEL_SOFTIRQ	1
#define FGFT_DUMP_LEVEL_HARDIRQ	2

struct fgft_dump_frame {
	__u64 address;
	__u32 symbol;		/* string */
	__u32 pad;
};

struct fgft_dump_undo {
	__u64 address;		/* of the bytes, or the inverse function */
	__u64 size;		/* of the bytes; 0: this is a call */
	__u64 data[4];		/* first old bytes, or its arguments */
	__u32 symbol;		/* string: the inverse function */
	__u32 pad;
};

struct fgft_dump_range {
	__u64 start;
	__u64 size;		/* 0: everything that belongs to no range */
	__u32 kind;		/* string */
	__u32 stores;
};

struct fgft_dump_write {
	__u64 address;		/* virtual, or a port number */
	__u64 offset;		/* in the mapping of the register */
	__u64 value;
	__u64 old;		/* if FGFT_DUMP_WRITE_KNOWN */
	__u32 bar;
	__u16 width;		/* bytes */
	__u16 flags;		/* FGFT_DUMP_WRITE_* */
};

#define FGFT_DUMP_WRITE_KNOWN	0x1	/* the old value was read */
#define FGFT_DUMP_WRITE_PLAIN	0x2	/* register kinds of the policy file */
#define FGFT_DUMP_WRITE_EVENT	0x4
#define FGFT_DUMP_WRITE_PORT	0x8	/* an i/o port: bar and offset are 0 */
#define FGFT_DUMP_WRITE_MASK	0x10	/* sets or clears bits; old is all of them */

#endif /* _LINUX_FGFT_DUMP_H */
