// SPDX-License-Identifier: GPL-2.0
/* Device registers: eight bytes of an rtl8139, by every width and way. */
#include <linux/io.h>

#include "rows.h"

#define REG	(env.regs + ROWS_REG)
#define PORT	((u16)(env.port + ROWS_REG))

#define BYTE0(value)	((ROWS_FILTER & ~0xffULL) | (value))
#define WORD0(value)	((ROWS_FILTER & ~0xffffULL) | (value))
#define DWORD0(value)	((ROWS_FILTER & ~0xffffffffULL) | (value))

#define SUITE		mmio
#define SUITE_FILE	"mmio.def"
#include "suite.h"
