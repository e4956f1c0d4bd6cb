// SPDX-License-Identifier: GPL-2.0
/* Declarations of the functions the isolator calls or redirects to. */
#include "hooks.h"

#include "names.h"
#include "unit.h"

namespace isolator {
namespace {

/* Every declaration made here: a list the garbage collector follows. */
tree kept;

const ggc_root_tab roots[] = {
	{&kept, 1, sizeof(kept), &gt_ggc_mx_tree_node, &gt_pch_nx_tree_node},
	LAST_GGC_ROOT_TAB,
};

std::unordered_map<std::string, tree> by_symbol;

tree keep(const std::string &symbol, tree decl)
{
	kept = tree_cons(NULL_TREE, decl, kept);
	by_symbol[symbol] = decl;
	return decl;
}

tree kept_decl(const std::string &symbol)
{
	auto it = by_symbol.find(symbol);

	return it == by_symbol.end() ? NULL_TREE : it->second;
}

tree declare(const std::string &symbol, tree type)
{
	tree decl = kept_decl(symbol);

	return decl ? decl : keep(symbol, build_fn_decl(symbol.c_str(), type));
}

/* What GCC would call by itself. */
tree (*gcc_stack_protect_fail)();

tree stack_protect_fail()
{
	if (!is_twin(current_function_decl))
		return gcc_stack_protect_fail();
	return build_call_expr(declare("__fgft_smashed",
				       build_function_type_list(void_type_node, NULL_TREE)),
			       0);
}

/* Data of the assembler text, by its local label. */
tree label_object(const std::string &label, tree type)
{
	tree decl = kept_decl(label);

	if (decl)
		return decl;
	decl = build_decl(UNKNOWN_LOCATION, VAR_DECL, get_identifier(label.c_str()),
			  type);
	/* The mark keeps GCC from prefixing a label of the assembler text. */
	SET_DECL_ASSEMBLER_NAME(decl, get_identifier(("*" + label).c_str()));
	DECL_EXTERNAL(decl) = 1;
	TREE_PUBLIC(decl) = 1;
	TREE_STATIC(decl) = 0;
	TREE_ADDRESSABLE(decl) = 1;
	TREE_USED(decl) = 1;
	TREE_THIS_VOLATILE(decl) = TYPE_VOLATILE(type);
	DECL_ARTIFICIAL(decl) = 1;
	return keep(label, decl);
}

tree asm_string(const char *text)
{
	return build_string(strlen(text) + 1, text);
}

struct Operand {
	const char *constraint;
	tree value;
};

/*
 * A call as assembler text, for a hook that loses fewer registers than the ABI
 * lets a function lose: those of hooks.S.  A call pushes: text is made without
 * a red zone, as the kernel's is.
 */
gimple *sparing_call(const std::string &symbol, const std::vector<Operand> &operands)
{
	vec<tree, va_gc> *inputs = nullptr, *clobbers = nullptr;
	gasm *call;

	for (const auto &operand : operands)
		vec_safe_push(inputs,
			      build_tree_list(build_tree_list(NULL_TREE,
							      asm_string(operand.constraint)),
					      operand.value));
	for (const char *lost : {"rax", "rcx", "rdx", "cc", "memory"})
		vec_safe_push(clobbers, build_tree_list(NULL_TREE, asm_string(lost)));
	call = gimple_build_asm_vec(("call " + symbol).c_str(), inputs, nullptr, clobbers, nullptr);
	gimple_asm_set_volatile(call, true);
	return call;
}

} // namespace

gimple *store_hook(unsigned size, tree address, tree value)
{
	return sparing_call("__fgft_store" + std::to_string(size), {{"D", address}, {"S", value}});
}

tree range_hook()
{
	return declare("__fgft_storen", build_function_type_list(void_type_node, ptr_type_node,
								 size_type_node, NULL_TREE));
}

tree icall_hook()
{
	return declare("__fgft_icall",
		       build_function_type_list(ptr_type_node, ptr_type_node, NULL_TREE));
}

gimple *loop_hook()
{
	return sparing_call("__fgft_loop", {});
}

gimple *stack_hook()
{
	return sparing_call("__fgft_stack", {});
}

tree inject_enter_hook()
{
	return declare("__fgft_inject_enter",
		       build_function_type_list(void_type_node, ptr_type_node, NULL_TREE));
}

tree inject_leave_hook()
{
	return declare("__fgft_inject_leave", build_function_type_list(void_type_node, NULL_TREE));
}

tree inject_site_hook()
{
	return declare("__fgft_inject_site", build_function_type_list(integer_type_node,
								      unsigned_type_node,
								      NULL_TREE));
}

tree mutant_hook()
{
	return declare("__fgft_mutant",
		       build_function_type_list(uint64_type_node, ptr_type_node, unsigned_type_node,
						uint64_type_node, uint64_type_node, NULL_TREE));
}

void check_target(gimple_stmt_iterator *gsi, gcall *call)
{
	tree target = gimple_call_fn(call);
	gcall *check = gimple_build_call(icall_hook(), 1, target);
	tree checked = make_ssa_name(TREE_TYPE(target));

	gimple_call_set_lhs(check, checked);
	gimple_set_location(check, gimple_location(call));
	gsi_insert_before(gsi, check, GSI_SAME_STMT);
	gimple_call_set_fn(call, checked);
	update_stmt(call);
}

bool is_hook(tree decl)
{
	return symbol_of(decl).compare(0, 7, "__fgft_") == 0 && DECL_EXTERNAL(decl);
}

tree external_like(tree original, const std::string &symbol)
{
	tree decl = kept_decl(symbol);

	if (decl)
		return decl;
	decl = build_fn_decl(symbol.c_str(), TREE_TYPE(original));
	TREE_THIS_VOLATILE(decl) = TREE_THIS_VOLATILE(original);	/* noreturn */
	DECL_SOURCE_LOCATION(decl) = DECL_SOURCE_LOCATION(original);
	return keep(symbol, decl);
}

tree entry_object(const std::string &label)
{
	return label_object(label, char_type_node);
}

tree mutants_object()
{
	return label_object(mutants_label, char_type_node);
}

tree armed_object()
{
	/* At the head of the record; read anew each time. */
	return label_object(armed_label, build_qualified_type(uint64_type_node, TYPE_QUAL_VOLATILE));
}

void catch_smashed_stacks()
{
	gcc_stack_protect_fail = targetm.stack_protect_fail;
	targetm.stack_protect_fail = stack_protect_fail;
}

void register_hook_roots(const char *plugin_name)
{
	register_callback(plugin_name, PLUGIN_REGISTER_GGC_ROOTS, nullptr,
			  const_cast<ggc_root_tab *>(roots));
}

} // namespace isolator
