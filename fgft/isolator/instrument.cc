// SPDX-License-Identifier: GPL-2.0
/* Hook calls in the function at hand, before a statement or at a place. */
#include "instrument.h"

#include "hooks.h"
#include "names.h"

namespace isolator {
namespace {

/* A loop this short ends before any budget would. */
const unsigned short_loop = 64;

/* The object @ref writes as a whole number of bytes. */
tree whole_bytes(tree ref)
{
	for (;;) {
		switch (TREE_CODE(ref)) {
		case REALPART_EXPR:
		case IMAGPART_EXPR:
		case BIT_FIELD_REF:
		case VIEW_CONVERT_EXPR:
			ref = TREE_OPERAND(ref, 0);
			continue;
		case COMPONENT_REF: {
			tree field = TREE_OPERAND(ref, 1);
			tree container = DECL_BIT_FIELD_REPRESENTATIVE(field);

			if (!DECL_BIT_FIELD(field))
				return ref;
			/* The machine reads, changes and writes the container. */
			if (!container)
				return TREE_OPERAND(ref, 0);
			return build3(COMPONENT_REF, TREE_TYPE(container),
				      unshare_expr(TREE_OPERAND(ref, 0)), container, NULL_TREE);
		}
		default:
			return ref;
		}
	}
}

tree address_of(gimple_stmt_iterator *gsi, tree ref)
{
	tree base = get_base_address(ref);
	tree address;

	if (base && DECL_P(base))
		TREE_ADDRESSABLE(base) = 1;
	if (TREE_CODE(ref) == TARGET_MEM_REF)
		address = tree_mem_ref_addr(build_pointer_type(TREE_TYPE(ref)),
					    unshare_expr(ref));
	else
		address = build_fold_addr_expr(unshare_expr(ref));
	return force_gimple_operand_gsi(gsi, address, true, NULL_TREE, true, GSI_SAME_STMT);
}

void insert_before(gimple_stmt_iterator *gsi, gimple *call)
{
	gimple_set_location(call, gimple_location(gsi_stmt(*gsi)));
	gimple_set_block(call, gimple_block(gsi_stmt(*gsi)));
	gsi_insert_before(gsi, call, GSI_SAME_STMT);
}

/* Does a register hold @size bytes that a hook can be told the value of? */
bool is_word(unsigned HOST_WIDE_INT size)
{
	return size == 1 || size == 2 || size == 4 || size == 8;
}

/* @value as the hook takes it; none if it is no scalar of a register's size. */
tree word_of(gimple_stmt_iterator *gsi, tree value)
{
	tree type = TREE_TYPE(value);

	if (!INTEGRAL_TYPE_P(type) && !POINTER_TYPE_P(type))
		return NULL_TREE;
	if (!is_gimple_val(value) || TYPE_PRECISION(type) > BITS_PER_WORD)
		return NULL_TREE;
	/* Addresses of objects and functions, too. */
	return force_gimple_operand_gsi(gsi, unshare_expr(value), true, NULL_TREE, true,
					GSI_SAME_STMT);
}

/* Destination and length of one member of the mem* and str* families. */
struct StringCall {
	built_in_function code;
	const char *name;	/* the same function called by a plain declaration */
	enum { by_size, by_source, by_both } length;
};

const StringCall string_calls[] = {
	{BUILT_IN_MEMSET, "memset", StringCall::by_size},
	{BUILT_IN_MEMCPY, "memcpy", StringCall::by_size},
	{BUILT_IN_MEMMOVE, "memmove", StringCall::by_size},
	{BUILT_IN_MEMPCPY, "mempcpy", StringCall::by_size},
	{BUILT_IN_MEMSET_CHK, "__memset", StringCall::by_size},
	{BUILT_IN_MEMCPY_CHK, "__memcpy", StringCall::by_size},
	{BUILT_IN_MEMMOVE_CHK, "__memmove", StringCall::by_size},
	{BUILT_IN_MEMPCPY_CHK, "", StringCall::by_size},
	{BUILT_IN_STRNCPY, "strncpy", StringCall::by_size},
	{BUILT_IN_STRNCPY_CHK, "", StringCall::by_size},
	{BUILT_IN_STPNCPY, "stpncpy", StringCall::by_size},
	{BUILT_IN_STRCPY, "strcpy", StringCall::by_source},
	{BUILT_IN_STRCPY_CHK, "", StringCall::by_source},
	{BUILT_IN_STPCPY, "stpcpy", StringCall::by_source},
	{BUILT_IN_STRCAT, "strcat", StringCall::by_both},
	{BUILT_IN_STRCAT_CHK, "", StringCall::by_both},
};

const StringCall *find_string_call(tree callee)
{
	const bool builtin = fndecl_built_in_p(callee, BUILT_IN_NORMAL);
	const std::string symbol = symbol_of(callee);

	for (const auto &row : string_calls)
		if (builtin ? DECL_FUNCTION_CODE(callee) == row.code : symbol == row.name)
			return &row;
	return nullptr;
}

/* True if @size bytes at @address lie inside one named stack object. */
bool inside_local(tree address, tree size)
{
	tree base;

	if (TREE_CODE(address) != ADDR_EXPR || !tree_fits_uhwi_p(size))
		return false;
	/* Only at its start: anything else would need the offset. */
	base = TREE_OPERAND(address, 0);
	if (!DECL_P(base) || is_global_var(base))
		return false;
	tree whole = DECL_SIZE_UNIT(base);
	return whole && tree_fits_uhwi_p(whole) && tree_to_uhwi(size) <= tree_to_uhwi(whole);
}

tree string_length(gimple_stmt_iterator *gsi, tree string)
{
	gcall *call = gimple_build_call(builtin_decl_implicit(BUILT_IN_STRLEN), 1, string);
	tree length = make_ssa_name(size_type_node);

	gimple_call_set_lhs(call, length);
	insert_before(gsi, call);
	return length;
}

tree add_sizes(gimple_stmt_iterator *gsi, tree a, tree b)
{
	gassign *sum = gimple_build_assign(make_ssa_name(size_type_node), PLUS_EXPR, a, b);

	gsi_insert_before(gsi, sum, GSI_SAME_STMT);
	return gimple_assign_lhs(sum);
}

/* Exact from the code itself; bounds inferred from object sizes do not count. */
bool is_short(class loop *loop)
{
	tree count = number_of_latch_executions(loop);

	return count && TREE_CODE(count) == INTEGER_CST && tree_fits_uhwi_p(count) &&
	       tree_to_uhwi(count) < short_loop;
}

} // namespace

Hooked hook_memory(gimple_stmt_iterator *gsi, tree ref, tree value)
{
	tree size;

	if (TREE_CODE(ref) == WITH_SIZE_EXPR) {
		hook_range(gsi, address_of(gsi, TREE_OPERAND(ref, 0)), TREE_OPERAND(ref, 1));
		return Hooked::range;
	}
	tree whole = whole_bytes(ref);

	/* What the container becomes is not what is assigned. */
	if (whole != ref)
		value = NULL_TREE;
	ref = whole;
	size = TYPE_SIZE_UNIT(TREE_TYPE(ref));
	if (!size || !tree_fits_uhwi_p(size))
		return Hooked::no;

	tree address = address_of(gsi, ref);
	const bool word = !AGGREGATE_TYPE_P(TREE_TYPE(ref)) && is_word(tree_to_uhwi(size));

	if (word && value)
		value = word_of(gsi, value);
	if (!word || !value) {
		hook_range(gsi, address, size);
		return word ? Hooked::store : Hooked::range;
	}
	insert_before(gsi, store_hook(tree_to_uhwi(size), address, value));
	return Hooked::store;
}

void hook_range(gimple_stmt_iterator *gsi, tree address, tree size)
{
	size = force_gimple_operand_gsi(gsi, fold_convert(size_type_node, size), true, NULL_TREE,
					true, GSI_SAME_STMT);
	insert_before(gsi, gimple_build_call(range_hook(), 2, address, size));
}

bool hook_string_call(gimple_stmt_iterator *gsi, gcall *call, bool &hooked)
{
	const StringCall *row = find_string_call(gimple_call_fndecl(call));
	tree address, size;

	hooked = false;
	if (!row)
		return false;
	address = gimple_call_arg(call, 0);
	if (row->length == StringCall::by_size) {
		size = gimple_call_arg(call, 2);
		if (inside_local(address, size))
			return true;
	} else {
		size = add_sizes(gsi, string_length(gsi, gimple_call_arg(call, 1)), size_one_node);
		if (row->length == StringCall::by_both)
			size = add_sizes(gsi, size, string_length(gsi, address));
	}
	hook_range(gsi, address, size);
	hooked = true;
	return true;
}

unsigned hook_loops()
{
	std::set<int> heads;
	basic_block bb;
	edge_iterator ei;
	edge e;

	loop_optimizer_init(LOOPS_NORMAL | LOOPS_HAVE_RECORDED_EXITS);
	scev_initialize();
	mark_dfs_back_edges();
	/* Every cycle has such an edge, natural loop or not. */
	FOR_EACH_BB_FN(bb, cfun) {
		FOR_EACH_EDGE(e, ei, bb->succs) {
			basic_block head = e->dest;

			if (!(e->flags & EDGE_DFS_BACK))
				continue;
			if (head->loop_father->header == head && is_short(head->loop_father))
				continue;
			heads.insert(head->index);
		}
	}
	scev_finalize();
	loop_optimizer_finalize();

	for (int index : heads) {
		gimple_stmt_iterator gsi = gsi_after_labels(BASIC_BLOCK_FOR_FN(cfun, index));

		gsi_insert_before(&gsi, loop_hook(), GSI_SAME_STMT);
	}
	return heads.size();
}

void hook_stack()
{
	gsi_insert_on_edge_immediate(single_succ_edge(ENTRY_BLOCK_PTR_FOR_FN(cfun)), stack_hook());
}

void finish_hooks()
{
	mark_virtual_operands_for_renaming(cfun);
	update_ssa(TODO_update_ssa_only_virtuals);
}

} // namespace isolator
