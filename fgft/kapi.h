/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Vocabulary of the kernel-function table, for its rows and its wrappers.
 *
 * A row of kapi/<subsystem>.def says what a kernel function does to the rest
 * of the system, so that a call can take it back.  kapi.c makes a wrapper of
 * each row; twins call fgft_k_<name> instead of <name>.  An example:
 *
 *	KAPI_UNDO(netif_carrier_on, VOID, (struct net_device *dev), (dev),
 *		  ANY, HARD,
 *		  NEED(NETDEV, dev, sizeof(*dev));
 *		  IF(!netif_carrier_ok(dev)) UNDO(carrier_off, 0, dev),
 *		  NOTHING)
 *
 * Columns: name, result, parameters, arguments, context, what a fault inside
 * means, steps before the call, steps after it.  A row of a name and a context
 * only has its wrapper written by hand, in kapi_<subsystem>.c.
 *
 * Classes
 *   PURE	no effect but its result: called directly, needs no wrapper.
 *		Also those whose effect harms nobody when it is not taken back,
 *		as printing.  (name) or (name, SOFT)
 *   WRITES	writes memory its arguments name; checked and logged before
 *   UNDO	done now, taken back by another function on abort
 *   TOGGLE	done now, the state found before is put back on abort
 *   DEFER	done at commit, forgotten on abort
 *   ALLOC	yields memory the driver owns; native calls are tracked too
 *   FREE	ends that; deferred; native calls are tracked too
 *   LOCK	lock.c
 *   SLEEP	no effect but waiting
 *   MMIO	writes device registers
 *   READS	reads them; what is lost by that is kept if the policy says so
 *   ONEWAY	cannot be taken back; arguments are checked
 *   FORBID	gives the call up
 *
 * Contexts
 *   ANY	as the native function
 *   SLEEPS	may sleep: kept locks are published if they are in the way
 *   WAITS	waits for another thread without sleeping: publishes
 *   JOINS	waits for another thread, sleeping: publishes
 *   REENTERS	may call the driver back, sleeping: publishes and sets the call
 *		aside, so that what is called back is a call of its own
 *
 * Faults inside the kernel function itself
 *   HARD	fatal as ever: it may hold locks or be half way through
 *   SOFT	recoverable: it holds nothing and what it wrote was logged
 */
#ifndef FGFT_KAPI_H
#define FGFT_KAPI_H

#include "fgft.h"
#include "object.h"
#include "registers.h"

enum kapi_context {
	KAPI_ANY,
	KAPI_SLEEPS,
	KAPI_WAITS,
	KAPI_JOINS,
	KAPI_REENTERS,
};

/* A row, for whoever wants to list them. */
struct fgft_kapi_row {
	const char *name;
	const char *class;
	enum kapi_context context;
	bool soft;
	const void *function;		/* NULL for inline functions */
};

/* Look up where the functions of SOFT rows end; before the first call. */
int fgft_kapi_init(void);
/* The same for rows of a module of wrappers. */
int fgft_kapi_add(const struct fgft_kapi_row *rows, u32 n);
void fgft_kapi_remove(const struct fgft_kapi_row *rows, u32 n);
/* Is @ip inside a kernel function that may fault without harm? */
bool fgft_kapi_recoverable(unsigned long ip);

/* ---- checks a wrapper makes; they return only if all is well -------------- */

static __always_inline void
kapi_need(struct fgft_call *c, enum fgft_object object, const void *ptr,
	  size_t size, unsigned long ip, const char *what)
{
	if (unlikely(!fgft_is(c, object, ptr, size)))
		fgft_abort(c, FGFT_CAUSE_ARGUMENT, ip, (unsigned long)ptr,
			   what);
}

/* The wrapped function may sleep. */
void kapi_sleeps(struct fgft_call *c, unsigned long ip, const char *what);
/* Like kapi_sleeps for an allocation: only if @gfp lets it. */
void kapi_gfp(struct fgft_call *c, gfp_t gfp, unsigned long ip,
	      const char *what);

/*
 * Is @ptr in the part of the stack that an abort unwinds?  An inverse must not
 * write there: rollback runs on that memory.
 */
static inline bool kapi_on_stack(const struct fgft_call *c,
				 const volatile void *ptr)
{
	return (unsigned long)ptr >= current_stack_pointer &&
	       (unsigned long)ptr < (unsigned long)c->frame;
}

/* ---- driver memory ---------------------------------------------------------- */

/* Own what an allocator returned; the module is known by @ip in native code. */
void kapi_track(struct fgft_call *c, unsigned long ip, const void *ptr,
		size_t size, enum fgft_range_kind kind);
/*
 * Freed by the driver but not yet in truth: a second free in the same call is
 * a bad argument.  Undone on abort.
 */
void kapi_retire(struct fgft_call *c, const void *ptr);

/* ---- words of the table, expanded inside a wrapper -------------------------- */

#define KAPI_U64(x)	((u64)(unsigned long)(x))

#define NOTHING		do { } while (0)
#define IF(condition)	if (condition)
/* The return address is only looked for when it is needed. */
#define NEED(object, ptr, size)						\
	do {								\
		const void *ptr_ = ptr;					\
									\
		if (unlikely(!fgft_is(c, FGFT_OBJECT_##object, ptr_, size))) \
			fgft_abort(c, FGFT_CAUSE_ARGUMENT, _RET_IP_,	\
				   (unsigned long)ptr_, kapi_name);	\
	} while (0)
/* What the function would BUG() about, or worse. */
#define SANE(condition, value)						\
	do {								\
		if (unlikely(!(condition)))				\
			fgft_abort(c, FGFT_CAUSE_ARGUMENT, _RET_IP_,	\
				   (unsigned long)(value), kapi_name);	\
	} while (0)
/* Memory of the driver's that the function writes. */
#define WRITES(ptr, size) \
	fgft_write_check(c, ptr, size, _RET_IP_)
/* Memory of the kernel's that the function writes. */
#define LOGS(ptr, size) \
	fgft_write_log(c, ptr, size, _RET_IP_)
#define GRANT(ptr, size)	fgft_grant(c, ptr, size)
#define RETIRE(ptr)		kapi_retire(c, ptr)
/* From here on undo is not enough: what happened has been seen. */
#define CLOSES			fgft_window_close(c)
/* Spinning for a while in the kernel. */
#define DELAY(ns)							\
	do {								\
		fgft_registers_wait(c);					\
		fgft_deadline_delay(c, ns, _RET_IP_, kapi_name);	\
	} while (0)
#define GFP(flags)		kapi_gfp(c, flags, _RET_IP_, kapi_name)

/* UNDO(effect, flags, up to four arguments), COMMIT(effect, arguments) */
#define KAPI_ARGS0()			0, 0, 0, 0
#define KAPI_ARGS1(a)			KAPI_U64(a), 0, 0, 0
#define KAPI_ARGS2(a, b)		KAPI_U64(a), KAPI_U64(b), 0, 0
#define KAPI_ARGS3(a, b, c_) \
	KAPI_U64(a), KAPI_U64(b), KAPI_U64(c_), 0
#define KAPI_ARGS4(a, b, c_, d) \
	KAPI_U64(a), KAPI_U64(b), KAPI_U64(c_), KAPI_U64(d)
#define KAPI_ARGS(...) \
	CONCATENATE(KAPI_ARGS, COUNT_ARGS(__VA_ARGS__))(__VA_ARGS__)

#define UNDO(effect, flags, ...) \
	fgft_call_undo(c, kapi_do_##effect, flags, KAPI_ARGS(__VA_ARGS__))
#define COMMIT(effect, ...) \
	fgft_call_defer(c, kapi_do_##effect, KAPI_ARGS(__VA_ARGS__))
/* The same for one that frees a socket buffer or passes it on, with one @value. */
#define GIVE(effect, skb, value)					\
	do {								\
		NEED(SKB, skb, 0);					\
		SANE(fgft_call_gifts(c, KAPI_U64(skb)) <		\
		     refcount_read(&(skb)->users), skb);		\
		fgft_call_gift(c, kapi_do_##effect,			\
			       KAPI_U64(skb),				\
			       KAPI_U64(value));				\
	} while (0)
/* Do those that were put off to commit now: the function waits for them. */
#define HASTEN(effect)	fgft_call_hasten(c, kapi_do_##effect)
/* Do not do it for @value at commit after all. */
#define CANCEL(effect, value) \
	fgft_call_cancel(c, kapi_do_##effect, (u64)(unsigned long)(value))
/* Was it put off to commit for @value already?  Freed twice, that is. */
#define IS_DUE(effect, value) \
	fgft_call_is_deferred(c, kapi_do_##effect, (u64)(unsigned long)(value))

/*
 * An effect: kernel function @call run at commit or on abort.  Its arguments
 * travel as a, b, c and d; AS() gives one its type back.
 */
#define AS(type, x)	((type)(unsigned long)(x))
#define KAPI_EFFECT(name, call)						\
static void __maybe_unused kapi_do_##name(u64 a, u64 b, u64 c, u64 d)	\
{									\
	call;								\
}

/* ALLOC and FREE rows, in native code too: there c is NULL. */
#define TRACK(ptr, size, kind) \
	kapi_track(c, _RET_IP_, ptr, size, FGFT_RANGE_##kind)
#define UNTRACK(ptr)		fgft_domain_remove((const void *)(ptr))
#define NETDEV_TRACK(dev, priv)	kapi_netdev_track(c, _RET_IP_, dev, priv)
#define NETDEV_UNTRACK(dev)	kapi_netdev_untrack(dev)

/* Words of one subsystem; what they stand for is in kapi_<subsystem>.c. */
#define QUEUE_NEED(txq)		kapi_queue_need(c, txq, _RET_IP_, kapi_name)
#define QUEUE_START(txq)	kapi_queue_open(c, txq, false)
#define QUEUE_WAKE(txq)		kapi_queue_open(c, txq, true)
#define QUEUE_STOP(txq)		kapi_queue_stop(c, txq)
#define QUEUES_START(dev)	kapi_queues_open(c, dev, false)
#define QUEUES_WAKE(dev)	kapi_queues_open(c, dev, true)
#define QUEUES_STOP(dev)	kapi_queues_stop(c, dev)
#define QUEUES_UNDO(dev)	kapi_queues_undo(c, dev)
#define SKB_SHAPE_UNDO(skb)	kapi_skb_shape_undo(c, skb)
#define SKB_TYPE_UNDO(skb)	kapi_skb_type_undo(c, skb)
#define PCI_COMMAND_UNDO(pdev)	kapi_pci_command_undo(c, pdev)
#define PCI_MWI_UNDO(pdev)	kapi_pci_mwi_undo(c, pdev)
#define PCI_CONFIG_UNDO(pdev, where) \
	kapi_pci_config_undo(c, pdev, where)
#define PS2_NEED(ps2dev)	kapi_ps2_need(c, ps2dev, _RET_IP_, kapi_name)
#define PS2_ANSWERS(ps2dev)						\
	do {								\
		PS2_NEED(ps2dev);					\
		kapi_ps2_answers(c, ps2dev, _RET_IP_);			\
	} while (0)
#define INPUT_UNTRACK(dev)	kapi_input_untrack(dev)
#define INPUT_SHAPE(dev)	kapi_input_shape(c, dev, _RET_IP_)
#define INPUT_AXES(dev)		kapi_input_axes(c, dev, _RET_IP_)
/* Two small arguments of an effect in one. */
#define PACK(dir, attrs)	(((attrs) << 8) | (dir))

#define BQL_UNDO(dev, sides) \
	kapi_bql_undo(c, netdev_get_tx_queue(dev, 0), sides, _RET_IP_)
#define KAPI_BQL_SENDER		0x1
#define KAPI_BQL_COMPLETION	0x2

struct device;
struct input_dev;
struct net_device;
struct netdev_queue;
struct pci_dev;
struct ps2dev;
struct sk_buff;

void kapi_netdev_track(struct fgft_call *c, unsigned long ip,
		       const struct net_device *dev, size_t priv);
void kapi_netdev_untrack(const struct net_device *dev);
void kapi_queue_need(struct fgft_call *c, const struct netdev_queue *txq,
		     unsigned long ip, const char *what);
/* Open a queue at commit; with @wake, see to what waits in it. */
void kapi_queue_open(struct fgft_call *c, struct netdev_queue *txq, bool wake);
void kapi_queues_open(struct fgft_call *c, struct net_device *dev, bool wake);
/* About to be stopped: this was, and nothing that was to be opened is. */
void kapi_queue_stop(struct fgft_call *c, struct netdev_queue *txq);
void kapi_queues_stop(struct fgft_call *c, struct net_device *dev);
void kapi_queues_undo(struct fgft_call *c, struct net_device *dev);
/* A hardware address in a word. */
u64 kapi_address(const u8 *address);
void kapi_skb_grant(struct fgft_call *c, const struct sk_buff *skb);
void kapi_skb_shape_undo(struct fgft_call *c, struct sk_buff *skb);
void kapi_skb_type_undo(struct fgft_call *c, struct sk_buff *skb);
void kapi_ps2_need(struct fgft_call *c, struct ps2dev *ps2dev,
		   unsigned long ip, const char *what);
/* What the port's interrupt writes of it. */
void kapi_ps2_answers(struct fgft_call *c, struct ps2dev *ps2dev,
		      unsigned long ip);
void kapi_input_untrack(const struct input_dev *dev);
void kapi_input_shape(struct fgft_call *c, struct input_dev *dev,
		      unsigned long ip);
void kapi_input_axes(struct fgft_call *c, const struct input_dev *dev,
		     unsigned long ip);
void kapi_pci_command_undo(struct fgft_call *c, struct pci_dev *pdev);
void kapi_pci_mwi_undo(struct fgft_call *c, struct pci_dev *pdev);
void kapi_pci_config_undo(struct fgft_call *c, const struct pci_dev *pdev,
			  int where);

void kapi_irq_hasten(struct fgft_call *c);
/* As kapi_track(), for memory the device core frees. */
void kapi_devm_track(struct fgft_call *c, unsigned long ip, struct device *dev,
		     void *ptr, size_t size);
/* Around a function that leaves the device core something to release. */
void *kapi_devres_open(struct fgft_call *c, struct device *dev,
		       unsigned long ip, const char *what);
void kapi_devres_close(struct fgft_call *c, struct device *dev, void *group,
		       bool done);

/* Head of a wrapper written by hand. */
#define KAPI_EXPORT(result, name, params)				\
result fgft_k_##name params;						\
EXPORT_SYMBOL_GPL(fgft_k_##name);					\
result fgft_k_##name params
#define KAPI_EXPORT_NATIVE(result, name, params)			\
result fgft_n_##name params;						\
EXPORT_SYMBOL_GPL(fgft_n_##name);					\
result fgft_n_##name params
#define KAPI_ENTER(name)						\
	static const char kapi_name[] __maybe_unused = #name;		\
	struct fgft_call *c = fgft_call_current()

#endif /* FGFT_KAPI_H */
