/* SPDX-License-Identifier: GPL-2.0 */
/*
 * All rows of the kernel-function table.  Included several times by kapi.c,
 * each time with other meanings of KAPI_<CLASS>: no include guard.
 *
 * asm.def is the isolator's alone and not part of it.
 */
#include "bits.def"
#include "device.def"
#include "dma.def"
#include "input.def"
#include "irq.def"
#include "lock.def"
#include "memory.def"
#include "mmio.def"
#include "net.def"
#include "pci.def"
#include "print.def"
#include "serio.def"
#include "skb.def"
#include "string.def"
#include "time.def"
#include "work.def"
