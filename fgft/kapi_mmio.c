// SPDX-License-Identifier: GPL-2.0
/*
 * Wrappers of device accesses.  Writes are announced, then done unless they are
 * a doorbell, which waits for commit.  Reads are checked, and kept where the
 * register loses what it held.
 */

#include <linux/io.h>

#include "kapi.h"

#define DEVICE_READ(name, value_t, address_t, swap)			\
KAPI_EXPORT(value_t, name, (address_t addr))				\
{									\
	KAPI_ENTER(name);						\
	const struct fgft_reg *reg;					\
	value_t value;							\
									\
	if (!c)								\
		return name(addr);					\
	reg = fgft_device_read(c, addr, _RET_IP_);			\
	value = name(addr);						\
	if (unlikely(reg))						\
		value = swap(fgft_device_keep(c, reg, addr,		\
					      swap(value)));		\
	return value;							\
}

#define AS_IT_IS(value)	(value)

DEVICE_READ(readb, unsigned char, const volatile void __iomem *, AS_IT_IS)
DEVICE_READ(readw, unsigned short, const volatile void __iomem *, AS_IT_IS)
DEVICE_READ(readl, unsigned int, const volatile void __iomem *, AS_IT_IS)
DEVICE_READ(readq, u64, const volatile void __iomem *, AS_IT_IS)
DEVICE_READ(__readb, unsigned char, const volatile void __iomem *, AS_IT_IS)
DEVICE_READ(__readw, unsigned short, const volatile void __iomem *, AS_IT_IS)
DEVICE_READ(__readl, unsigned int, const volatile void __iomem *, AS_IT_IS)
DEVICE_READ(__readq, u64, const volatile void __iomem *, AS_IT_IS)
DEVICE_READ(ioread8, unsigned int, const void __iomem *, AS_IT_IS)
DEVICE_READ(ioread16, unsigned int, const void __iomem *, AS_IT_IS)
DEVICE_READ(ioread32, unsigned int, const void __iomem *, AS_IT_IS)
DEVICE_READ(ioread16be, unsigned int, const void __iomem *, swab16)
DEVICE_READ(ioread32be, unsigned int, const void __iomem *, swab32)

/* What is no known doorbell is left to another by a jump: no frame is needed. */
#define DEVICE_WRITE(name, value_t, address_t)				\
static noinline void name##_slowly(value_t value, address_t addr,	\
				   struct fgft_call *c, unsigned long ip) \
{									\
	if (!c || fgft_device_write(c, addr, value, sizeof(value), ip))	\
		name(value, addr);					\
}									\
									\
KAPI_EXPORT(void, name, (value_t value, address_t addr))		\
{									\
	KAPI_ENTER(name);						\
									\
	if (unlikely(!c) ||						\
	    unlikely(!fgft_device_bell(c, addr, value, sizeof(value))))	\
		name##_slowly(value, addr, c, _RET_IP_);		\
}

DEVICE_WRITE(writeb, unsigned char, volatile void __iomem *)
DEVICE_WRITE(writew, unsigned short, volatile void __iomem *)
DEVICE_WRITE(writel, unsigned int, volatile void __iomem *)
DEVICE_WRITE(writeq, u64, volatile void __iomem *)
DEVICE_WRITE(__writeb, unsigned char, volatile void __iomem *)
DEVICE_WRITE(__writew, unsigned short, volatile void __iomem *)
DEVICE_WRITE(__writel, unsigned int, volatile void __iomem *)
DEVICE_WRITE(__writeq, u64, volatile void __iomem *)
DEVICE_WRITE(iowrite8, u8, void __iomem *)
DEVICE_WRITE(iowrite16, u16, void __iomem *)
DEVICE_WRITE(iowrite32, u32, void __iomem *)

/* Logged as the bus sees them. */
#define DEVICE_WRITE_SWAPPED(name, value_t, swap)			\
KAPI_EXPORT(void, name, (value_t value, void __iomem *addr))		\
{									\
	KAPI_ENTER(name);						\
									\
	if (!c || fgft_device_write(c, addr, swap(value), sizeof(value), \
				    _RET_IP_))				\
		name(value, addr);					\
}

DEVICE_WRITE_SWAPPED(iowrite16be, u16, swab16)
DEVICE_WRITE_SWAPPED(iowrite32be, u32, swab32)

/* Ports, by the addresses ioport_map() has for them. */
#define PORT_READ(name, value_t)					\
KAPI_EXPORT(value_t, name, (u16 port))					\
{									\
	KAPI_ENTER(name);						\
	const struct fgft_reg *reg;					\
	value_t value;							\
									\
	if (!c)								\
		return name(port);					\
	reg = fgft_device_read(c, fgft_port(port), _RET_IP_);		\
	value = name(port);						\
	if (unlikely(reg))						\
		fgft_device_keep(c, reg, fgft_port(port), value);	\
	return value;							\
}

PORT_READ(__inb, u8)
PORT_READ(__inw, u16)
PORT_READ(__inl, u32)

#define PORT_WRITE(name, value_t)					\
KAPI_EXPORT(void, name, (value_t value, u16 port))			\
{									\
	KAPI_ENTER(name);						\
									\
	if (!c || fgft_device_write(c, fgft_port(port), value,		\
				    sizeof(value), _RET_IP_))		\
		name(value, port);					\
}

PORT_WRITE(__outb, unsigned char)
PORT_WRITE(__outw, unsigned short)
PORT_WRITE(__outl, unsigned int)

/* Transfer by transfer: each is a write the device sees. */
#define DEVICE_WRITE_REP(name, single, value_t)				\
KAPI_EXPORT(void, name, (void __iomem *port, const void *buf,		\
			 unsigned long count))				\
{									\
	KAPI_ENTER(name);						\
	const value_t *value = buf;					\
	unsigned long i;						\
									\
	if (!c)								\
		return name(port, buf, count);				\
	if (count)							\
		NEED(READABLE, buf, count * sizeof(value_t));		\
	for (i = 0; i < count; i++)					\
		if (fgft_device_write(c, port, value[i],		\
				      sizeof(value_t), _RET_IP_))	\
			single(value[i], port);				\
}

DEVICE_WRITE_REP(iowrite8_rep, iowrite8, u8)
DEVICE_WRITE_REP(iowrite16_rep, iowrite16, u16)
DEVICE_WRITE_REP(iowrite32_rep, iowrite32, u32)

/* Byte by byte, which checks both ends: device memory is slow anyway. */
KAPI_EXPORT(void, memcpy_toio, (volatile void __iomem *to, const void *from,
				size_t n))
{
	KAPI_ENTER(memcpy_toio);
	const u8 *value = from;
	size_t i;

	if (!c)
		return memcpy_toio(to, from, n);
	if (n)
		NEED(READABLE, from, n);
	for (i = 0; i < n; i++)
		if (fgft_device_write(c, to + i, value[i], 1, _RET_IP_))
			writeb(value[i], to + i);
}

KAPI_EXPORT(void, memset_io, (volatile void __iomem *to, int value, size_t n))
{
	KAPI_ENTER(memset_io);
	size_t i;

	if (!c)
		return memset_io(to, value, n);
	for (i = 0; i < n; i++)
		if (fgft_device_write(c, to + i, (u8)value, 1, _RET_IP_))
			writeb(value, to + i);
}
