/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What differs from bus to bus in bringing a device back: a table of functions,
 * in a file bus_<name>.c each, listed in bus.c or added by a module of ours.
 *
 * A function that is NULL means that the bus has nothing to do there.  All get
 * a device of their bus.
 */
#ifndef FGFT_BUS_H
#define FGFT_BUS_H

#include <linux/types.h>

struct bus_type;
struct device_driver;
struct fgft_device;
struct fgft_span;

/* A device's ports that belong together. */
struct fgft_ports {
	unsigned long first, count;
	u32 bar;
};

struct fgft_bus {
	struct bus_type *type;
	size_t state;		/* bytes behind a record: fgft_device.bus_state */
	size_t handle;		/* offset of struct device in what drivers get */
	/*
	 * Parts of what drivers get that are theirs to write as long as the
	 * record is there: offsets, ended by an empty one, or NULL.
	 */
	const struct fgft_span *shares;
	/*
	 * A record is made when a driver is bound: no mapping of registers will
	 * tell of the device.
	 */
	bool at_bind;
	/*
	 * Drivers are bound to parts of a device, and are handed that, too: it
	 * is the parent.
	 */
	bool parts;

	/* What is to be like now after a restore.  Process. */
	void (*take)(struct fgft_device *dev);
	/* The record goes.  Process. */
	void (*drop)(struct fgft_device *dev);

	/* No DMA, no interrupt from here on, and back.  Any, under dev->lock. */
	void (*silence)(struct fgft_device *dev);
	void (*unsilence)(struct fgft_device *dev);
	/* Leave the interrupt line alone, or not.  Any. */
	void (*mute)(struct fgft_device *dev, bool mute);

	/*
	 * The quiescing and the re-initialising half of a restore, instead of
	 * the driver's dev_pm_ops; both or none.  Between them the device is
	 * reset if that is the step, and what take() saved is put back.
	 * Process, device locked.
	 */
	int (*down)(struct fgft_device *dev);
	int (*up)(struct fgft_device *dev);
	void (*put_back)(struct fgft_device *dev);
	/* Is it, restored, as it is to be?  Process. */
	bool (*verify)(struct fgft_device *dev);

	/* A reset of this device alone.  Any; process. */
	bool (*can_reset)(struct fgft_device *dev);
	int (*reset)(struct fgft_device *dev);

	/* The ports @port is one of, if the device has it.  Any. */
	bool (*find_port)(struct fgft_device *dev, unsigned long port,
			  struct fgft_ports *ports);

	/*
	 * The driver may be called once more for a device it has been told to
	 * leave, if the kernel freed nothing behind that; lend() says who is
	 * the driver while that lasts.  Process, device locked.
	 */
	bool lends;
	void (*lend)(struct fgft_device *dev, struct device_driver *driver);
};

extern const struct fgft_bus fgft_bus_pci;
extern const struct fgft_bus fgft_bus_serio;

/* The bus of a device; one that has nothing to do for those not listed. */
const struct fgft_bus *fgft_bus_find(const struct bus_type *type);

/* One of a module of ours, from here on; none of its drivers is known yet. */
int fgft_bus_add(const struct fgft_bus *bus);
void fgft_bus_remove(const struct fgft_bus *bus);

/* Follow the devices of all buses, or none on error. */
int fgft_bus_listen(void);
void fgft_bus_ignore(void);

#endif /* FGFT_BUS_H */
