// SPDX-License-Identifier: GPL-2.0
/* Declarations of the functions the isolator calls or redirects to. */
#ifndef ISOLATOR_HOOKS_H
#define ISOLATOR_HOOKS_H

#include "gcc_compat.h"

namespace isolator {

/* The runtime's hooks, as declared in fgft/abi.h. */
tree range_hook();
tree icall_hook();
/* Statements that call those of hooks.S. */
gimple *store_hook(unsigned size, tree address, tree value);	/* 1, 2, 4 or 8 bytes */
gimple *loop_hook();
gimple *stack_hook();
tree inject_enter_hook();
tree inject_leave_hook();
tree inject_site_hook();

/* u64 __fgft_mutant(struct fgft_mutants *, u32 number, u64 value, u64 aux) */
tree mutant_hook();
/* The unit's struct fgft_mutants, and the word of it that sites look at. */
tree mutants_object();
tree armed_object();

/* Has the runtime turn the target of an indirect call into its twin, or refuse it. */
void check_target(gimple_stmt_iterator *gsi, gcall *call);

/* True for a declaration of the runtime's hooks. */
bool is_hook(tree decl);

/* An external function @symbol with the type of @original. */
tree external_like(tree original, const std::string &symbol);

/* The struct fgft_entry the assembler text defines under @label. */
tree entry_object(const std::string &label);

/*
 * Has twins call the runtime where a function finds its stack protector's word
 * overwritten.  The call is made behind all passes on trees: GCC asks for it.
 */
void catch_smashed_stacks();

/* Lets GCC's garbage collector see what this file keeps. */
void register_hook_roots(const char *plugin_name);

} // namespace isolator

#endif
