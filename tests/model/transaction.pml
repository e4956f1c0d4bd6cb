/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The protocol of call.c, lock.c and undo.c: begin, commit, abort, nest,
 * publish, conflict.  Documentation/design/model.rst explains it.
 *
 *	spin -a transaction.pml && gcc -DSAFETY -DNOREDUCE -o pan pan.c && ./pan
 *
 * Two tasks on two processors make one call each, and an interrupt strikes the
 * first of them.  A call takes locks, stores under them, defers one effect, and
 * may fault before any step.
 *
 * A word is a set of bits.  Each store of each call adds a bit of its own to
 * what it has read, as drivers add to counters and lists.  So it can be seen at
 * the end whose stores are there: those of a committed call have to be, those of
 * an aborted call must not.
 *
 * -DBROKEN_<rule> takes one rule away, -DREACH_<situation> asserts that a
 * situation never comes up.  test_model.py expects an error of each.
 */

#define CALLS	3	/* call number: of task 0, of task 1, of the interrupt */
#define LOCKS	3	/* M may be held while L or N is taken, not the other way */
#define L	0
#define M	1
#define N	2	/* taken with interrupts off, by the interrupt too */
#define NONE	7
#ifndef STORES
#define STORES	3	/* a call makes at most */
#endif
#define BIT(id, n)	(1 << (3 * (id) + (n)))	/* of the n-th store of a call */
#define BITS(id)	(7 << (3 * (id)))

/* ---- the machine ----------------------------------------------------------- */

byte word[LOCKS];		/* what a lock protects has its number */
byte owner[LOCKS] = NONE;
bool irq_on[2] = true;		/* of a processor */
byte top[2] = NONE;		/* the processor's newest call */
bool in_interrupt;		/* processor 0 runs the handler, not its task */

/* ---- calls ------------------------------------------------------------------ */

typedef Record {
	byte where;
	byte old;
	byte new
};

typedef Call {
	bool begun, ended, committed;
	bool published;		/* others may have seen its stores */
	bool conflict;		/* and have stored over them */
	bool had_irqs;		/* interrupts were on at begin */
	bool flags;		/* the oldest lock taken with interrupts off is held */
	byte takes[LOCKS];	/* how often the driver holds it */
	byte nstores;
	Record log[STORES];
	byte effects		/* deferred effects done */
};

Call call[CALLS];

#define HELD(id, l)	(owner[l] == (id))
#define KEPT(id, l)	(HELD(id, l) && call[id].takes[l] == 0)

/* The hooks find their call through the processor's pointer. */
#define MINE(id, cpu)	assert(top[cpu] == (id))

inline begin(id, cpu, below)
{
	atomic {
		below = top[cpu];
		top[cpu] = id;
		call[id].begun = true;
		call[id].had_irqs = irq_on[cpu]
	}
}

/* Really let a lock go; interrupts come on with the last that turned them off. */
inline let_go(id, cpu, l)
{
	owner[l] = NONE;
	if
	:: l == N -> irq_on[cpu] = call[id].had_irqs
	:: else
	fi
}

/* Release what the driver has let go of. */
inline publish(id, cpu)
{
	do
	:: atomic { KEPT(id, N) -> call[id].published = true; let_go(id, cpu, N) }
	:: atomic { KEPT(id, L) -> call[id].published = true; let_go(id, cpu, L) }
	:: atomic { KEPT(id, M) -> call[id].published = true; let_go(id, cpu, M) }
	:: else -> break
	od
}

inline irqs_off(cpu, l)
{
	if
	:: l == N -> irq_on[cpu] = false
	:: else
	fi
}

/*
 * Take a lock.  Kept from an earlier take: counted.  Else it is tried while
 * anything is kept, and what is kept is published before waiting for it.
 */
inline lock(id, cpu, l)
{
	if
	:: atomic {
		HELD(id, l) ->
#ifdef REACH_RETAKE
		assert(false);
#endif
		call[id].takes[l]++
	   }
	:: atomic { owner[l] == NONE -> irqs_off(cpu, l); owner[l] = id; call[id].takes[l]++ }
	:: owner[l] != NONE && owner[l] != id ->
#ifndef BROKEN_PUBLISH
		publish(id, cpu);
#endif
		/* A spinning processor with interrupts off lets none in. */
		irqs_off(cpu, l);
		d_step { owner[l] == NONE -> owner[l] = id; call[id].takes[l]++ }
	fi
}

/* The driver lets go: the lock is kept. */
inline unlock(id, cpu, l)
{
	d_step {
		call[id].takes[l]--;
#ifdef BROKEN_TWO_PHASE
		let_go(id, cpu, l)
#endif
#ifdef BROKEN_FLAGS
		if
		:: l == N -> irq_on[cpu] = call[id].had_irqs
		:: else
		fi
#endif
	}
}

/* Read and add to what was read; the two are apart. */
inline store(id, cpu, w, value)
{
	value = word[w];
	d_step {
		MINE(id, cpu);
		call[id].log[call[id].nstores].where = w;
		call[id].log[call[id].nstores].old = word[w];
		word[w] = value | BIT(id, call[id].nstores);
		call[id].log[call[id].nstores].new = word[w];
		call[id].nstores++;
		value = 0
	}
}

/* ---- commit and abort --------------------------------------------------------- */

inline release_all(id, cpu)
{
	do
	:: atomic { HELD(id, N) -> call[id].takes[N] = 0; let_go(id, cpu, N) }
	:: atomic { HELD(id, L) -> call[id].takes[L] = 0; let_go(id, cpu, L) }
	:: atomic { HELD(id, M) -> call[id].takes[M] = 0; let_go(id, cpu, M) }
	:: else -> break
	od
}

/* Put one record back, unless another has stored there since. */
inline put_back(id, r)
{
#ifdef BROKEN_CONFLICT
	word[call[id].log[r].where] = call[id].log[r].old
#else
#ifdef BROKEN_COMPARE
	if
	:: word[call[id].log[r].where] == call[id].log[r].new ->
		word[call[id].log[r].where] = call[id].log[r].old
	:: else -> call[id].conflict = true
	fi
#else
	atomic {
		if
		:: word[call[id].log[r].where] == call[id].log[r].new ->
			word[call[id].log[r].where] = call[id].log[r].old
		:: else -> call[id].conflict = true
		fi
	}
#endif
#endif
}

inline rollback(id, i)
{
#ifdef BROKEN_ORDER
	i = 0;
	do
	:: i < call[id].nstores -> put_back(id, i); i++
	:: else -> break
	od
#else
	i = call[id].nstores;
	do
	:: i > 0 -> i--; put_back(id, i)
	:: else -> break
	od
#endif
}

inline pop(id, cpu, below)
{
	atomic {
#ifdef BROKEN_NESTING
		top[cpu] = NONE;
#else
		top[cpu] = below;
#endif
		below = 0;
		call[id].ended = true
	}
}

inline effect(id)
{
	call[id].effects++
}

inline defer(id)
{
#ifdef BROKEN_DEFER
	effect(id)
#else
	skip
#endif
}

/* What the log says of values is of no use any more: fewer states. */
inline forget(id)
{
	call[id].log[0].old = 0;
	call[id].log[0].new = 0;
	call[id].log[1].old = 0;
	call[id].log[1].new = 0;
	call[id].log[STORES - 1].old = 0;
	call[id].log[STORES - 1].new = 0
}

inline commit(id, cpu, below)
{
	d_step { MINE(id, cpu); call[id].committed = true; forget(id) }
	release_all(id, cpu);
	pop(id, cpu, below);
#ifndef BROKEN_DEFER
	effect(id)
#endif
}

inline abort(id, cpu, below, i)
{
#ifdef BROKEN_RELEASE
	release_all(id, cpu);
	rollback(id, i);
#else
	rollback(id, i);
#ifndef BROKEN_LEAK
	release_all(id, cpu);
#endif
#endif
	atomic { forget(id); i = 0 }
	pop(id, cpu, below)
}

/* ---- drivers --------------------------------------------------------------------- */

#define MAY_FAULT	if :: goto fault :: skip fi

/*
 * Task 0: sections one after the other, with any locks, the same perhaps.  The
 * driver never holds two, so that natively it could not deadlock with anybody.
 */
proctype Task0() provided (!in_interrupt)
{
	byte below, value, i, l, round;

	begin(0, 0, below);
	do
	:: atomic {
		round < STORES ->
		MAY_FAULT;
		if
		:: l = L
		:: l = M
		:: l = N
		fi
	   }
	   lock(0, 0, l);
	   MAY_FAULT;
	   store(0, 0, l, value);
	   atomic {
		MAY_FAULT;
		unlock(0, 0, l);
		l = 0;
		round++
	   }
	:: round == 1 ->	/* a function that sleeps */
	   publish(0, 0);
	   round++
	:: break
	od;
	atomic {
		defer(0);
		MAY_FAULT
	}
	round = 0;
	commit(0, 0, below);
	goto done;
fault:
	atomic { round = 0; l = 0 }
	abort(0, 0, below, i);
done:
	skip
}

/* Task 1: L or N inside of M. */
proctype Task1()
{
	byte below, value, i, l;

	begin(1, 1, below);
	lock(1, 1, M);
	store(1, 1, M, value);
	atomic {
		MAY_FAULT;
		if
		:: l = L
		:: l = N
		fi
	}
	lock(1, 1, l);
	store(1, 1, l, value);
	atomic {
		MAY_FAULT;
		unlock(1, 1, l)
	}
	atomic {
		MAY_FAULT;
		unlock(1, 1, M);
		defer(1);
		MAY_FAULT
	}
	l = 0;
	commit(1, 1, below);
	goto done;
fault:
	l = 0;
	abort(1, 1, below, i);
done:
	skip
}

/* The interrupt: at any moment at which processor 0 lets it in, once, or never. */
proctype Interrupt()
{
	byte below, value, i;

end:	atomic { irq_on[0] && !in_interrupt -> in_interrupt = true; irq_on[0] = false }
#ifdef REACH_NEST
	assert(top[0] == NONE);
#endif
	begin(2, 0, below);
	lock(2, 0, N);
	store(2, 0, N, value);
	atomic {
		MAY_FAULT;
		unlock(2, 0, N);
		defer(2);
		MAY_FAULT
	}
	commit(2, 0, below);
	goto done;
fault:
	abort(2, 0, below, i);
done:
	atomic { in_interrupt = false; irq_on[0] = true }
}

/* ---- what has to hold --------------------------------------------------------------- */

#define STORED(id, w)	(word[w] & BITS(id))

/* A committed store stays, whatever the others do. */
#define KEEP(id, n) \
	(!call[id].committed || call[id].nstores <= (n) || \
	 (word[call[id].log[n].where] & BIT(id, n)))

/* Nothing of an aborted call is left, but what it had to show before its end. */
#define GONE(id) \
	(call[id].committed || call[id].published || \
	 (!STORED(id, L) && !STORED(id, M) && !STORED(id, N)))

/* A conflict is noticed only where it can be: somebody was let in. */
#define HONEST(id)	(!call[id].conflict || call[id].published)

/* Effects: exactly once or never. */
#define EFFECT(id)	(call[id].effects == (call[id].committed -> 1 : 0))

#define ENDED(id)	(call[id].ended || !call[id].begun)

init
{
	atomic {
		run Task0();
		run Task1();
		run Interrupt()
	}
	/* Both tasks through, no handler running; one may be still to come. */
	d_step {
		call[0].ended && call[1].ended && ENDED(2) && !in_interrupt &&
		(!call[0].committed || call[0].effects) &&
		(!call[1].committed || call[1].effects) ->
		assert(owner[L] == NONE && owner[M] == NONE && owner[N] == NONE);
		assert(irq_on[0] && irq_on[1]);
		assert(top[0] == NONE && top[1] == NONE);
		assert(KEEP(0, 0) && KEEP(0, 1) && KEEP(0, STORES - 1));
		assert(KEEP(1, 0) && KEEP(1, 1) && KEEP(2, 0));
		assert(GONE(0) && GONE(1) && GONE(2));
		assert(HONEST(0) && HONEST(1) && HONEST(2));
		assert(EFFECT(0) && EFFECT(1) && EFFECT(2));
#ifdef REACH_COMMIT
		assert(!(call[0].committed && call[1].committed && call[2].committed));
#endif
#ifdef REACH_ABORT
		assert(!(call[0].nstores == STORES && !call[0].committed && !call[1].committed &&
			 call[2].begun && !call[2].committed))
#endif
#ifdef REACH_PUBLISH
		assert(!(call[0].committed && call[0].published));
#endif
#ifdef REACH_CONFLICT
		assert(!call[0].conflict);
#endif
#ifdef REACH_SEEN
		/* Published, put back, and yet there: another had read it before. */
		assert(call[0].committed || call[0].conflict || !STORED(0, M));
#endif
	}
}
