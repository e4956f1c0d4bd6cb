// SPDX-License-Identifier: GPL-2.0
/*
 * Driver for QEMU's "edu" device, the tutorial of drivers under FGFT.
 *
 * The device (docs/specs/edu.txt in QEMU) inverts numbers, computes factorials
 * in the background, and has 4 KiB of memory that it copies from and to the
 * host by DMA; it interrupts when it is done.  /dev/eduN offers all of it: the
 * memory as the contents of the file, the rest as ioctls (edu.h).
 *
 * Nothing in here knows of FGFT: isolation is one line of Kbuild and the list
 * of entry points in the file "policy".  Comments that begin with "Recovery:"
 * say what a driver does, as good drivers do anyway, that makes recovery work:
 *
 *   - its entry points have an error to return;
 *   - its suspend and resume bring the device from any state to the one its
 *     memory describes, so that they can restore it after a rollback;
 *   - nothing the device holds is unknown to the driver's memory.
 */
#include <linux/completion.h>
#include <linux/dma-mapping.h>
#include <linux/fs.h>
#include <linux/idr.h>
#include <linux/interrupt.h>
#include <linux/io.h>
#include <linux/iopoll.h>
#include <linux/kref.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/pm.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "edu.h"

#define EDU_VENDOR_ID		0x1234
#define EDU_DEVICE_ID		0x11e8

/* Registers in BAR 0. */
#define EDU_REG_ID		0x00	/* 0xMMmm00ed: version and magic */
#define EDU_REG_LIVENESS	0x04	/* reads the complement of what was written */
#define EDU_REG_FACTORIAL	0x08	/* n in, n! out when computed */
#define EDU_REG_STATUS		0x20
#define EDU_REG_IRQ_STATUS	0x24
#define EDU_REG_IRQ_ACK		0x64
#define EDU_REG_DMA_SRC		0x80
#define EDU_REG_DMA_DST		0x88
#define EDU_REG_DMA_COUNT	0x90
#define EDU_REG_DMA_CMD		0x98

#define EDU_ID_MAGIC		0xed
#define EDU_STATUS_COMPUTING	BIT(0)
#define EDU_STATUS_IRQ		BIT(7)	/* interrupt when computed */
#define EDU_IRQ_FACTORIAL	BIT(0)
#define EDU_IRQ_DMA		BIT(8)
#define EDU_DMA_START		BIT(0)	/* reads 1 until done */
#define EDU_DMA_TO_HOST		BIT(1)
#define EDU_DMA_IRQ		BIT(2)

/*
 * The device's own memory, in the device's address space.  QEMU up to 9 takes
 * a transfer that ends with the last byte for one that is out of bounds, and
 * exits: a little is left unused.
 */
#define EDU_MEMORY		0x40000
#define EDU_MEMORY_SIZE		(SZ_4K - 8)

#define EDU_DMA_BITS		28
#define EDU_TIMEOUT_MS		2000	/* a transfer takes 100 ms */

/**
 * struct edu - one device
 * @pdev: the PCI device; valid until @gone
 * @regs: BAR 0
 * @misc: /dev/eduN
 * @name: "eduN"
 * @id: N
 * @users: one for the bound driver, one for each open file
 * @lock: one request at a time; protects everything below
 * @gone: the device was unbound, only open files are left
 * @asleep: between suspend and resume
 * @awake: completed unless @asleep
 * @computed: the factorial interrupt came
 * @copied: the DMA interrupt came
 * @shadow: what the device's memory holds
 * @buffer: DMA memory as large as the device's
 * @bus: @buffer as the device sees it
 *
 * The interrupt handler uses @regs, @computed and @copied without the lock.
 */
struct edu {
	struct pci_dev *pdev;
	void __iomem *regs;
	struct miscdevice misc;
	char name[16];
	int id;
	struct kref users;

	struct mutex lock;	/* one request at a time, and all below */
	bool gone;
	bool asleep;
	struct completion awake;
	struct completion computed;
	struct completion copied;
	u8 *shadow;
	u8 *buffer;
	dma_addr_t bus;
};

static DEFINE_IDA(edu_ids);

/* ---- requests to the device ---------------------------------------------- */

/*
 * Begin a request: the device is there and awake, and ours until edu_end().
 * A sleeping device is waited for.  Recovery: it is put to sleep and woken
 * while other tasks want to use it, which a system suspend would not do.
 */
static int edu_begin(struct edu *edu)
{
	unsigned long timeout = msecs_to_jiffies(EDU_TIMEOUT_MS);

	mutex_lock(&edu->lock);
	while (edu->asleep && !edu->gone) {
		mutex_unlock(&edu->lock);
		if (!wait_for_completion_timeout(&edu->awake, timeout))
			return -EBUSY;
		mutex_lock(&edu->lock);
	}
	if (edu->gone) {
		mutex_unlock(&edu->lock);
		return -ENODEV;
	}
	return 0;
}

static void edu_end(struct edu *edu)
{
	mutex_unlock(&edu->lock);
}

/*
 * Wait until the busy @bit of @reg is clear.  The device clears it first and
 * interrupts then; the interrupt only says when to look, so that a late one, of
 * a request given up before, does no harm.
 */
static int edu_wait(struct edu *edu, struct completion *irq, u32 reg, u32 bit)
{
	unsigned long timeout = msecs_to_jiffies(EDU_TIMEOUT_MS);

	while (readl(edu->regs + reg) & bit) {
		if (!wait_for_completion_timeout(irq, timeout))
			return -ETIMEDOUT;
	}
	return 0;
}

static int edu_wait_copied(struct edu *edu)
{
	return edu_wait(edu, &edu->copied, EDU_REG_DMA_CMD, EDU_DMA_START);
}

static int edu_wait_computed(struct edu *edu)
{
	return edu_wait(edu, &edu->computed, EDU_REG_STATUS,
			EDU_STATUS_COMPUTING);
}

/* Copy @len bytes at @pos between the device's memory and @edu->buffer. */
static int edu_copy(struct edu *edu, loff_t pos, size_t len, u32 direction)
{
	u32 device = EDU_MEMORY + pos;
	u32 host = edu->bus + pos;
	bool to_host = direction == EDU_DMA_TO_HOST;
	int err;

	/* While busy the device ignores what is written. */
	err = edu_wait_copied(edu);
	if (err)
		return err;
	reinit_completion(&edu->copied);
	writel(to_host ? device : host, edu->regs + EDU_REG_DMA_SRC);
	writel(to_host ? host : device, edu->regs + EDU_REG_DMA_DST);
	writel(len, edu->regs + EDU_REG_DMA_COUNT);
	writel(EDU_DMA_START | EDU_DMA_IRQ | direction,
	       edu->regs + EDU_REG_DMA_CMD);
	return edu_wait_copied(edu);
}

static int edu_factorial(struct edu *edu, u32 *value)
{
	int err;

	err = edu_wait_computed(edu);
	if (err)
		return err;
	reinit_completion(&edu->computed);
	writel(*value, edu->regs + EDU_REG_FACTORIAL);
	err = edu_wait_computed(edu);
	if (err)
		return err;
	*value = readl(edu->regs + EDU_REG_FACTORIAL);
	return 0;
}

static irqreturn_t edu_irq(int irq, void *data)
{
	struct edu *edu = data;
	u32 status = readl(edu->regs + EDU_REG_IRQ_STATUS);

	if (!status)
		return IRQ_NONE;	/* a legacy line may be shared */

	writel(status, edu->regs + EDU_REG_IRQ_ACK);
	if (status & EDU_IRQ_FACTORIAL)
		complete(&edu->computed);
	if (status & EDU_IRQ_DMA)
		complete(&edu->copied);
	return IRQ_HANDLED;
}

/* ---- /dev/eduN ------------------------------------------------------------ */

static void edu_free(struct kref *users)
{
	struct edu *edu = container_of(users, struct edu, users);

	kfree(edu->shadow);
	kfree(edu);
}

static int edu_open(struct inode *inode, struct file *file)
{
	/* The misc core put its device there, and holds off deregistration. */
	struct edu *edu = container_of(file->private_data, struct edu, misc);

	kref_get(&edu->users);
	file->private_data = edu;
	return 0;
}

static int edu_release(struct inode *inode, struct file *file)
{
	struct edu *edu = file->private_data;

	kref_put(&edu->users, edu_free);
	return 0;
}

static loff_t edu_llseek(struct file *file, loff_t offset, int whence)
{
	return fixed_size_llseek(file, offset, whence, EDU_MEMORY_SIZE);
}

static ssize_t edu_read(struct file *file, char __user *to, size_t len,
			loff_t *ppos)
{
	struct edu *edu = file->private_data;
	loff_t pos = *ppos;
	int err;

	if (pos < 0)
		return -EINVAL;
	if (pos >= EDU_MEMORY_SIZE)
		return 0;
	len = min_t(size_t, len, EDU_MEMORY_SIZE - pos);
	if (!len)
		return 0;

	err = edu_begin(edu);
	if (err)
		return err;
	err = edu_copy(edu, pos, len, EDU_DMA_TO_HOST);
	if (!err && copy_to_user(to, edu->buffer + pos, len))
		err = -EFAULT;
	edu_end(edu);
	if (err)
		return err;

	*ppos = pos + len;
	return len;
}

static ssize_t edu_write(struct file *file, const char __user *from,
			 size_t len, loff_t *ppos)
{
	struct edu *edu = file->private_data;
	loff_t pos = *ppos;
	int err;

	if (pos < 0)
		return -EINVAL;
	if (pos >= EDU_MEMORY_SIZE)
		return len ? -ENOSPC : 0;
	len = min_t(size_t, len, EDU_MEMORY_SIZE - pos);
	if (!len)
		return 0;

	err = edu_begin(edu);
	if (err)
		return err;
	if (copy_from_user(edu->buffer + pos, from, len))
		err = -EFAULT;
	else
		err = edu_copy(edu, pos, len, 0);
	/*
	 * Recovery: if this call is aborted after the transfer, the shadow
	 * goes back to the old contents and resume writes them again.
	 */
	if (!err)
		memcpy(edu->shadow + pos, edu->buffer + pos, len);
	edu_end(edu);
	if (err)
		return err;

	*ppos = pos + len;
	return len;
}

static long edu_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct edu *edu = file->private_data;
	void __user *user = (void __user *)arg;
	u32 value;
	int err;

	if (cmd != EDU_IOC_FACTORIAL && cmd != EDU_IOC_LIVENESS)
		return -ENOTTY;
	if (copy_from_user(&value, user, sizeof(value)))
		return -EFAULT;

	err = edu_begin(edu);
	if (err)
		return err;
	if (cmd == EDU_IOC_FACTORIAL) {
		err = edu_factorial(edu, &value);
	} else {
		writel(value, edu->regs + EDU_REG_LIVENESS);
		value = readl(edu->regs + EDU_REG_LIVENESS);
	}
	edu_end(edu);
	if (err)
		return err;

	return copy_to_user(user, &value, sizeof(value)) ? -EFAULT : 0;
}

static const struct file_operations edu_fops = {
	.owner		= THIS_MODULE,
	.open		= edu_open,
	.release	= edu_release,
	.llseek		= edu_llseek,
	.read		= edu_read,
	.write		= edu_write,
	.unlocked_ioctl	= edu_ioctl,
	.compat_ioctl	= compat_ptr_ioctl,
};

/* ---- sleep ---------------------------------------------------------------- */

/* Finish what was begun, and be quiet: no DMA, no interrupt afterwards. */
static int edu_stop(struct edu *edu)
{
	void __iomem *regs = edu->regs;
	u32 value;
	int err;

	err = readl_poll_timeout(regs + EDU_REG_DMA_CMD, value,
				 !(value & EDU_DMA_START), USEC_PER_MSEC,
				 EDU_TIMEOUT_MS * USEC_PER_MSEC);
	if (!err)
		err = readl_poll_timeout(regs + EDU_REG_STATUS, value,
					 !(value & EDU_STATUS_COMPUTING),
					 USEC_PER_MSEC,
					 EDU_TIMEOUT_MS * USEC_PER_MSEC);
	writel(0, regs + EDU_REG_STATUS);
	synchronize_irq(pci_irq_vector(edu->pdev, 0));
	return err;
}

/*
 * Bring the device to the state our memory describes, whatever it is in now.
 * Its memory is lost while it is without power; so it is, as far as anyone
 * knows, after a rollback.
 */
static int edu_start(struct edu *edu)
{
	writel(readl(edu->regs + EDU_REG_IRQ_STATUS),
	       edu->regs + EDU_REG_IRQ_ACK);
	writel(EDU_STATUS_IRQ, edu->regs + EDU_REG_STATUS);
	memcpy(edu->buffer, edu->shadow, EDU_MEMORY_SIZE);
	return edu_copy(edu, 0, EDU_MEMORY_SIZE, 0);
}

static void edu_wake(struct edu *edu)
{
	mutex_lock(&edu->lock);
	edu->asleep = false;
	complete_all(&edu->awake);
	mutex_unlock(&edu->lock);
}

static int edu_suspend(struct device *dev)
{
	struct edu *edu = dev_get_drvdata(dev);
	int err;

	mutex_lock(&edu->lock);
	edu->asleep = true;
	reinit_completion(&edu->awake);
	mutex_unlock(&edu->lock);

	err = edu_stop(edu);
	if (err) {
		writel(EDU_STATUS_IRQ, edu->regs + EDU_REG_STATUS);
		edu_wake(edu);
	}
	return err;
}

static int edu_resume(struct device *dev)
{
	struct edu *edu = dev_get_drvdata(dev);
	int err;

	/* No request is under way: the lock is not needed for the device. */
	err = edu_start(edu);
	if (err)
		dev_err(dev, "memory not restored: error %d\n", err);
	edu_wake(edu);
	return err;
}

static DEFINE_SIMPLE_DEV_PM_OPS(edu_pm, edu_suspend, edu_resume);

/* ---- devices come and go -------------------------------------------------- */

static struct edu *edu_alloc(struct pci_dev *pdev)
{
	struct edu *edu = kzalloc(sizeof(*edu), GFP_KERNEL);

	if (!edu)
		return NULL;
	edu->shadow = kzalloc(EDU_MEMORY_SIZE, GFP_KERNEL);
	if (!edu->shadow) {
		kfree(edu);
		return NULL;
	}
	edu->pdev = pdev;
	kref_init(&edu->users);
	mutex_init(&edu->lock);
	init_completion(&edu->awake);
	init_completion(&edu->computed);
	init_completion(&edu->copied);
	complete_all(&edu->awake);
	return edu;
}

static int edu_register(struct edu *edu)
{
	int err;

	edu->id = ida_alloc(&edu_ids, GFP_KERNEL);
	if (edu->id < 0)
		return edu->id;
	snprintf(edu->name, sizeof(edu->name), "edu%d", edu->id);
	edu->misc.minor = MISC_DYNAMIC_MINOR;
	edu->misc.name = edu->name;
	edu->misc.fops = &edu_fops;
	edu->misc.parent = &edu->pdev->dev;
	err = misc_register(&edu->misc);
	if (err)
		ida_free(&edu_ids, edu->id);
	return err;
}

/*
 * Resources are got and freed by name, not by devres: it is these calls that
 * tell FGFT which memory and which registers are the driver's.
 */
static int edu_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct device *dev = &pdev->dev;
	struct edu *edu;
	int err;

	edu = edu_alloc(pdev);
	if (!edu)
		return -ENOMEM;
	pci_set_drvdata(pdev, edu);

	err = pci_enable_device(pdev);
	if (err)
		goto free_edu;
	pci_set_master(pdev);	/* until the device is disabled */
	err = pci_request_regions(pdev, KBUILD_MODNAME);
	if (err)
		goto disable;
	edu->regs = pci_ioremap_bar(pdev, 0);
	if (!edu->regs) {
		err = -ENOMEM;
		goto release_regions;
	}
	if ((readl(edu->regs + EDU_REG_ID) & 0xff) != EDU_ID_MAGIC) {
		err = dev_err_probe(dev, -ENODEV, "not an edu device\n");
		goto unmap;
	}

	err = dma_set_mask_and_coherent(dev, DMA_BIT_MASK(EDU_DMA_BITS));
	if (err)
		goto unmap;
	edu->buffer = dma_alloc_coherent(dev, SZ_4K, &edu->bus, GFP_KERNEL);
	if (!edu->buffer) {
		err = -ENOMEM;
		goto unmap;
	}
	err = pci_alloc_irq_vectors(pdev, 1, 1, PCI_IRQ_ALL_TYPES);
	if (err < 0)
		goto free_buffer;
	err = request_irq(pci_irq_vector(pdev, 0), edu_irq, IRQF_SHARED,
			  KBUILD_MODNAME, edu);
	if (err)
		goto free_vectors;
	err = edu_start(edu);
	if (err)
		goto stop;
	err = edu_register(edu);
	if (err)
		goto stop;
	return 0;

stop:
	edu_stop(edu);
	free_irq(pci_irq_vector(pdev, 0), edu);
free_vectors:
	pci_free_irq_vectors(pdev);
free_buffer:
	dma_free_coherent(dev, SZ_4K, edu->buffer, edu->bus);
unmap:
	iounmap(edu->regs);
release_regions:
	pci_release_regions(pdev);
disable:
	pci_disable_device(pdev);
free_edu:
	kref_put(&edu->users, edu_free);
	return err;
}

static void edu_remove(struct pci_dev *pdev)
{
	struct edu *edu = pci_get_drvdata(pdev);

	misc_deregister(&edu->misc);
	ida_free(&edu_ids, edu->id);

	/* Files may still be open: from here on they get an error. */
	mutex_lock(&edu->lock);
	edu->gone = true;
	complete_all(&edu->awake);
	mutex_unlock(&edu->lock);

	edu_stop(edu);
	free_irq(pci_irq_vector(pdev, 0), edu);
	pci_free_irq_vectors(pdev);
	dma_free_coherent(&pdev->dev, SZ_4K, edu->buffer, edu->bus);
	iounmap(edu->regs);
	pci_release_regions(pdev);
	pci_disable_device(pdev);
	kref_put(&edu->users, edu_free);
}

static const struct pci_device_id edu_table[] = {
	{ PCI_DEVICE(EDU_VENDOR_ID, EDU_DEVICE_ID) },
	{ }
};
MODULE_DEVICE_TABLE(pci, edu_table);

static struct pci_driver edu_driver = {
	.name		= KBUILD_MODNAME,
	.id_table	= edu_table,
	.probe		= edu_probe,
	.remove		= edu_remove,
	.driver.pm	= pm_sleep_ptr(&edu_pm),
};
module_pci_driver(edu_driver);

MODULE_DESCRIPTION("QEMU edu device");
MODULE_LICENSE("GPL");
