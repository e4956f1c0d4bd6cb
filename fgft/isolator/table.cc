// SPDX-License-Identifier: GPL-2.0
/*
 * Where a function's address is handed to the kernel.
 *
 * The runtime picks what an entry may touch and how it fails by the place the
 * kernel calls it from; that place is written in the source already.  Static
 * initialisers are looked at first, then stores to record fields (INIT_WORK),
 * then call arguments (request_irq).
 */
#include "table.h"

#include "names.h"

namespace isolator {
namespace {

/* The first place counts, but the kernel's before one of the driver. */
void note(TableMap &map, tree function, const Place &place)
{
	cgraph_node *node = cgraph_node::get(function);

	if (!node)
		return;
	auto added = map.emplace(node->ultimate_alias_target(), place);

	if (!added.second && place.kernel && !added.first->second.kernel)
		added.first->second = place;
}

/* "net_device_ops.ndo_start_xmit" */
Place field_place(tree field)
{
	tree record = TYPE_MAIN_VARIANT(DECL_CONTEXT(field));
	tree decl = TYPE_STUB_DECL(record);
	tree name = DECL_NAME(field);

	return {type_tag(record) + "." + (name ? IDENTIFIER_POINTER(name) : ""),
		!decl || !from_driver_source(decl)};
}

/* The function whose address @value is, followed through copies. */
tree function_address(tree value)
{
	for (int depth = 0; depth < 16 && TREE_CODE(value) == SSA_NAME; depth++) {
		gimple *def = SSA_NAME_DEF_STMT(value);

		if (!is_gimple_assign(def) ||
		    (!gimple_assign_single_p(def) && !gimple_assign_cast_p(def)))
			return NULL_TREE;
		value = gimple_assign_rhs1(def);
	}
	STRIP_NOPS(value);
	if (TREE_CODE(value) != ADDR_EXPR)
		return NULL_TREE;
	value = TREE_OPERAND(value, 0);
	return TREE_CODE(value) == FUNCTION_DECL ? value : NULL_TREE;
}

void scan_initialiser(TableMap &map, tree value, const Place &place)
{
	unsigned HOST_WIDE_INT i;
	tree index, element;

	STRIP_NOPS(value);
	if (tree function = function_address(value)) {
		if (!place.name.empty())
			note(map, function, place);
		return;
	}
	if (TREE_CODE(value) != CONSTRUCTOR)
		return;
	FOR_EACH_CONSTRUCTOR_ELT(CONSTRUCTOR_ELTS(value), i, index, element) {
		bool field = index && TREE_CODE(index) == FIELD_DECL;

		scan_initialiser(map, element, field ? field_place(index) : place);
	}
}

void scan_store(TableMap &map, gimple *stmt)
{
	tree lhs = gimple_assign_lhs(stmt);
	tree function = function_address(gimple_assign_rhs1(stmt));

	if (function && TREE_CODE(lhs) == COMPONENT_REF)
		note(map, function, field_place(TREE_OPERAND(lhs, 1)));
}

void scan_call(TableMap &map, gimple *stmt)
{
	tree callee = gimple_call_fndecl(stmt);

	if (!callee)
		return;
	for (unsigned i = 0; i < gimple_call_num_args(stmt); i++)
		if (tree function = function_address(gimple_call_arg(stmt, i)))
			note(map, function, {symbol_of(callee) + "#" + std::to_string(i),
					     !from_driver_source(callee)});
}

/* module_init() and module_exit() make aliases, called through struct module. */
void scan_hooks(TableMap &map)
{
	cgraph_node *node;

	FOR_EACH_FUNCTION(node) {
		const std::string symbol = symbol_of(node->decl);

		if (symbol == "init_module")
			note(map, node->decl, {"module.init", true});
		else if (symbol == "cleanup_module")
			note(map, node->decl, {"module.exit", true});
	}
}

template <class Visit> void each_statement(Visit visit)
{
	cgraph_node *node;
	basic_block bb;

	FOR_EACH_FUNCTION_WITH_GIMPLE_BODY(node) {
		function *body = DECL_STRUCT_FUNCTION(node->decl);

		if (node->alias || !body || !body->cfg)
			continue;
		FOR_EACH_BB_FN(bb, body)
			for (auto gsi = gsi_start_bb(bb); !gsi_end_p(gsi); gsi_next(&gsi))
				visit(gsi_stmt(gsi));
	}
}

} // namespace

TableMap find_tables()
{
	varpool_node *variable;
	TableMap map;

	scan_hooks(map);
	FOR_EACH_VARIABLE(variable) {
		tree value = DECL_INITIAL(variable->decl);

		if (value && value != error_mark_node)
			scan_initialiser(map, value, {"", false});
	}
	each_statement([&](gimple *stmt) {
		if (gimple_assign_single_p(stmt) && gimple_store_p(stmt))
			scan_store(map, stmt);
	});
	each_statement([&](gimple *stmt) {
		if (is_gimple_call(stmt))
			scan_call(map, stmt);
	});
	return map;
}

std::vector<std::string> find_pm_ops()
{
	std::vector<std::string> names;
	varpool_node *variable;

	FOR_EACH_VARIABLE(variable) {
		tree type = TREE_TYPE(variable->decl);

		if (TREE_CODE(type) == RECORD_TYPE && type_tag(type) == "dev_pm_ops" &&
		    DECL_INITIAL(variable->decl))
			names.push_back(symbol_of(variable->decl));
	}
	return names;
}

} // namespace isolator
