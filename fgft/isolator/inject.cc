// SPDX-License-Identifier: GPL-2.0
/*
 * Dormant fault sites in driver functions.
 *
 * Before:
 *	adapter->rx_ring = ring;
 * After:
 *	adapter->rx_ring = ring;
 *	fault = __fgft_inject_site(0x1000002a);
 *	if (fault)
 *		__fgft_strike(fault);
 *
 * Sites go in before twins are made, so a twin has those of its native under
 * the same numbers and one build serves native and isolated trials.  The strike
 * is a function of the unit itself (fgft/include/linux/fgft_strike.h): it
 * has a twin like any other, and the fault happens in instrumented code.
 */
#include "inject.h"

#include "hooks.h"
#include "names.h"

namespace isolator {
namespace {

const char strike_symbol[] = "__fgft_strike";

enum class Site : unsigned { store = 1, device_write = 2, entry_return = 3 };

struct Place {
	gimple *stmt;
	Site kind;
};

cgraph_node *find_strike()
{
	cgraph_node *node;

	FOR_EACH_FUNCTION_WITH_GIMPLE_BODY(node)
		if (symbol_of(node->decl) == strike_symbol)
			return node;
	return nullptr;
}

/* The branch after @check: "if (fault) __fgft_strike(fault)". */
void branch_to_strike(gcall *check, tree fault, tree strike)
{
	basic_block bb = gimple_bb(check);
	edge over = split_block(bb, check);
	basic_block rest = over->dest;
	basic_block hit = create_empty_bb(bb);
	gimple_stmt_iterator gsi = gsi_last_bb(bb);

	if (current_loops)
		add_bb_to_loop(hit, bb->loop_father);
	gsi_insert_after(&gsi,
			 gimple_build_cond(NE_EXPR, fault, integer_zero_node, NULL_TREE, NULL_TREE),
			 GSI_NEW_STMT);
	over->flags = EDGE_FALSE_VALUE;
	over->probability = profile_probability::very_likely();

	edge into = make_edge(bb, hit, EDGE_TRUE_VALUE);
	into->probability = profile_probability::very_unlikely();
	hit->count = into->count();
	make_single_succ_edge(hit, rest, EDGE_FALLTHRU);

	gsi = gsi_start_bb(hit);
	gcall *call = gimple_build_call(strike, 1, fault);
	gimple_set_location(call, gimple_location(check));
	gsi_insert_after(&gsi, call, GSI_NEW_STMT);
}

class Injector {
      public:
	Injector(Unit &unit, tree strike) : unit_(unit), strike_(strike) {}

	void run(cgraph_node *node, const EntryPoint *entry);

      private:
	std::vector<Place> find_places(bool entry);
	void add_site(const Place &place);
	void add_enter_and_leave(const EntryPoint &entry);

	Unit &unit_;
	tree strike_;
};

std::vector<Place> Injector::find_places(bool entry)
{
	std::vector<Place> places;
	basic_block bb;

	FOR_EACH_BB_FN(bb, cfun) {
		for (auto gsi = gsi_start_bb(bb); !gsi_end_p(gsi); gsi_next(&gsi)) {
			gimple *stmt = gsi_stmt(gsi);
			tree callee = is_gimple_call(stmt) ? gimple_call_fndecl(stmt) : NULL_TREE;
			const KapiRow *row = callee ? unit_.kapi.find(symbol_of(callee)) : nullptr;

			if (gimple_code(stmt) == GIMPLE_RETURN && entry)
				places.push_back({stmt, Site::entry_return});
			else if (stmt_ends_bb_p(stmt))
				continue;
			else if (row && row->device_write())
				places.push_back({stmt, Site::device_write});
			else if (stores_shared_memory(stmt))
				places.push_back({stmt, Site::store});
		}
	}
	return places;
}

void Injector::add_site(const Place &place)
{
	unsigned number = static_cast<unsigned>(place.kind) << 28 | unit_.report.inject_sites++;
	gcall *check = gimple_build_call(inject_site_hook(), 1,
					 build_int_cstu(unsigned_type_node, number));
	tree fault = make_ssa_name(integer_type_node);
	gimple_stmt_iterator gsi = gsi_for_stmt(place.stmt);

	gimple_call_set_lhs(check, fault);
	gimple_set_location(check, gimple_location(place.stmt));
	if (place.kind == Site::entry_return)
		gsi_insert_before(&gsi, check, GSI_SAME_STMT);
	else
		gsi_insert_after(&gsi, check, GSI_SAME_STMT);
	branch_to_strike(check, fault, strike_);
}

void Injector::add_enter_and_leave(const EntryPoint &entry)
{
	tree record = build_fold_addr_expr(entry_object(entry_label(entry.name)));
	gcall *enter = gimple_build_call(inject_enter_hook(), 1, record);
	edge first = single_succ_edge(ENTRY_BLOCK_PTR_FOR_FN(cfun));
	edge_iterator ei;
	edge last;

	FOR_EACH_EDGE(last, ei, EXIT_BLOCK_PTR_FOR_FN(cfun)->preds) {
		gimple_stmt_iterator gsi = gsi_last_bb(last->src);

		if (!gsi_end_p(gsi) && gimple_code(gsi_stmt(gsi)) == GIMPLE_RETURN)
			gsi_insert_before(&gsi, gimple_build_call(inject_leave_hook(), 0),
					  GSI_SAME_STMT);
	}
	gsi_insert_on_edge_immediate(first, enter);
}

void Injector::run(cgraph_node *node, const EntryPoint *entry)
{
	push_cfun(DECL_STRUCT_FUNCTION(node->decl));
	calculate_dominance_info(CDI_DOMINATORS);

	auto places = find_places(entry != nullptr);

	for (const auto &place : places)
		add_site(place);
	if (entry)
		add_enter_and_leave(*entry);
	if (!places.empty() || entry) {
		free_dominance_info(CDI_DOMINATORS);
		free_dominance_info(CDI_POST_DOMINATORS);
		mark_virtual_operands_for_renaming(cfun);
		update_ssa(TODO_update_ssa_only_virtuals);
		cgraph_edge::rebuild_edges();
	}
	free_dominance_info(CDI_DOMINATORS);
	pop_cfun();
}

} // namespace

bool insert_fault_sites(Unit &unit)
{
	std::unordered_map<cgraph_node *, const EntryPoint *> entries;
	std::vector<cgraph_node *> nodes;
	cgraph_node *strike = find_strike();
	cgraph_node *node;

	for (const auto &entry : unit.entries)
		entries[entry.native] = &entry;
	FOR_EACH_FUNCTION_WITH_GIMPLE_BODY(node) {
		if (symbol_of(node->decl).compare(0, 7, "__fgft_") != 0 && !node->alias && !node->thunk &&
		    !DECL_EXTERNAL(node->decl) && from_driver_source(node->decl))
			nodes.push_back(node);
	}
	if (nodes.empty())
		return true;
	if (!strike) {
		error_at(DECL_SOURCE_LOCATION(nodes[0]->decl),
			 "no %<__fgft_strike%> for the fault sites of this unit");
		inform(UNKNOWN_LOCATION, "build with %<-include linux/fgft_strike.h%>, or without "
					 "%<-fplugin-arg-isolator-inject%>");
		return false;
	}

	Injector injector(unit, strike->decl);

	for (auto *function : nodes) {
		auto it = entries.find(function);

		injector.run(function, it == entries.end() ? nullptr : it->second);
	}
	return true;
}

} // namespace isolator
