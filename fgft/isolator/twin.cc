// SPDX-License-Identifier: GPL-2.0
/*
 * Twins of reachable functions, and the calls that lead to them.
 *
 * Nothing has been inlined yet, so every call still has its name, inline
 * helpers of kernel headers included:
 *
 *	native				twin
 *	e1000_up(adapter);		e1000_up.fgft(adapter);
 *	writel(v, p);			fgft_k_writel(v, p);
 *	adapter->clean_rx(a, r, w, n);	f = __fgft_icall(adapter->clean_rx);
 *					f(a, r, w, n);
 *	kfree(p) -> fgft_n_kfree(p)	fgft_k_kfree(p);
 *
 * Twins of always_inline helpers keep the attribute: they vanish into their
 * callers as the originals do, with their calls redirected.
 */
#include "twin.h"

#include "hooks.h"
#include "names.h"
#include "refuse.h"

namespace isolator {
namespace {

void note_verbose(const Unit &unit, const std::string &line)
{
	if (unit.options.verbose)
		fprintf(stderr, "isolator: %s\n", line.c_str());
}


using TwinMap = std::unordered_map<cgraph_node *, cgraph_node *>;

cgraph_node *make_twin(const Reached &reached, bool addressed)
{
	cgraph_node *native = reached.node;
	cgraph_node *twin = compat_version_function(native, "fgft");

	if (!twin)
		return nullptr;

	const std::string symbol = twin_symbol(symbol_of(native->decl));

	symtab->change_decl_assembler_name(twin->decl, get_identifier(symbol.c_str()));
	DECL_NAME(twin->decl) = get_identifier(symbol.c_str());
	DECL_ATTRIBUTES(twin->decl) = copy_list(DECL_ATTRIBUTES(native->decl));
	mark_twin(twin->decl);
	/* Text of __init and __exit goes away with its section; so must the twin. */
	if (DECL_SECTION_NAME(native->decl))
		set_decl_section_name(twin->decl, native->decl);
	if (TREE_PUBLIC(native->decl)) {
		TREE_PUBLIC(twin->decl) = 1;
		DECL_VISIBILITY(twin->decl) = DECL_VISIBILITY(native->decl);
		DECL_VISIBILITY_SPECIFIED(twin->decl) = DECL_VISIBILITY_SPECIFIED(native->decl);
		twin->externally_visible = true;
	}
	if (reached.is_root || addressed) {
		/* Called from assembler text: it must exist, with the ABI of its type. */
		twin->mark_force_output();
		compat_set_not_local(twin);
	}
	return twin;
}

class Redirect {
      public:
	Redirect(Unit &unit, const TwinMap &twins) : unit_(unit), twins_(twins) {}

	void run(cgraph_node *native, cgraph_node *twin);

      private:
	void direct(gcall *call, tree callee);

	Unit &unit_;
	const TwinMap &twins_;
	std::set<std::string> *calls_ = nullptr;
};

void Redirect::direct(gcall *call, tree callee)
{
	const std::string symbol = symbol_of(callee);

	switch (classify_callee(unit_, callee)) {
	case Callee::row: {
		const KapiRow *row = unit_.kapi.find(symbol);

		note_verbose(unit_, "call " + symbol + " by its row, " + row->klass);
		calls_->insert(symbol);
		if (!row->pure())
			gimple_call_set_fndecl(call, external_like(callee, row->twin_symbol()));
		break;
	}
	case Callee::twin: {
		auto it = twins_.find(cgraph_node::get(callee)->ultimate_alias_target());

		if (it != twins_.end())
			gimple_call_set_fndecl(call, it->second->decl);
		calls_->insert(symbol);
		break;
	}
	case Callee::other_unit: {
		tree twin = external_like(callee, twin_symbol(symbol));

		if (!is_twin(twin))
			mark_twin(twin);
		note_verbose(unit_, "call " + symbol + " in another unit");
		gimple_call_set_fndecl(call, twin);
		break;
	}
	case Callee::as_is:
		break;
	}
	update_stmt(call);
}

void Redirect::run(cgraph_node *native, cgraph_node *twin)
{
	basic_block bb;

	calls_ = &unit_.report.twins[symbol_of(native->decl)].calls;
	push_cfun(DECL_STRUCT_FUNCTION(twin->decl));
	FOR_EACH_BB_FN(bb, cfun) {
		for (auto gsi = gsi_start_bb(bb); !gsi_end_p(gsi); gsi_next(&gsi)) {
			gcall *call = dyn_cast<gcall *>(gsi_stmt(gsi));

			if (!call || gimple_call_internal_p(call))
				continue;
			if (tree callee = gimple_call_fndecl(call))
				direct(call, callee);
			else
				check_target(&gsi, call);
		}
	}
	mark_virtual_operands_for_renaming(cfun);
	update_ssa(TODO_update_ssa_only_virtuals);
	cgraph_edge::rebuild_edges();
	pop_cfun();
}

bool is_init(cgraph_node *node)
{
	const char *section = DECL_SECTION_NAME(node->decl);

	return section && !strncmp(section, ".init.text", 10);
}

void add_target(Unit &unit, cgraph_node *node, const TwinMap &twins)
{
	const std::string symbol = symbol_of(node->decl);
	auto it = twins.find(node->ultimate_alias_target());

	/* Without a body here the other unit's twin is named and the linker finds it. */
	if (it == twins.end() && classify_callee(unit, node->decl) != Callee::other_unit)
		return;
	node->mark_force_output();
	unit.targets.push_back({symbol, it == twins.end() ? twin_symbol(symbol)
							  : symbol_of(it->second->decl)});
	unit.report.targets.push_back(symbol);
	note_verbose(unit, "target " + symbol);
}

} // namespace

void make_twins(Unit &unit, const Reach &reach)
{
	std::unordered_set<cgraph_node *> addressed(reach.address_taken.begin(),
						    reach.address_taken.end());
	std::vector<cgraph_node *> targets = reach.address_taken;
	TwinMap twins;

	for (const auto &reached : reach.functions) {
		const std::string symbol = symbol_of(reached.node->decl);
		cgraph_node *twin = make_twin(reached, addressed.count(reached.node));

		if (!twin) {
			refuse(unit, DECL_SOURCE_LOCATION(reached.node->decl),
			       "'" + symbol + "' cannot be isolated: its body takes the address of a label",
			       "it is reached from '" + reached.root + "': rewrite it, or take the entry out of " +
				       unit.policy.path);
			continue;
		}
		twins[reached.node] = twin;
		unit.report.twins[symbol].root = reached.root;
		note_verbose(unit, "twin " + symbol + " reached from " + reached.root);
	}

	Redirect redirect(unit, twins);

	for (const auto &reached : reach.functions) {
		auto it = twins.find(reached.node);

		if (it != twins.end())
			redirect.run(reached.node, it->second);
	}
	/* Text of __init is somebody else's once the driver is up: no target. */
	for (const auto &entry : unit.entries)
		if (!addressed.count(entry.native) && !is_init(entry.native))
			targets.push_back(entry.native);
	std::sort(targets.begin(), targets.end(), [](cgraph_node *a, cgraph_node *b) {
		return symbol_of(a->decl) < symbol_of(b->decl);
	});
	for (auto *node : targets)
		add_target(unit, node, twins);
}

void track_natives(const Unit &unit)
{
	cgraph_node *node;
	basic_block bb;

	FOR_EACH_FUNCTION_WITH_GIMPLE_BODY(node) {
		bool changed = false;

		/* A function that has a row stands for itself: it is what is wrapped. */
		if (node->alias || node->thunk || is_twin(node->decl) ||
		    unit.kapi.find(symbol_of(node->decl)))
			continue;
		push_cfun(DECL_STRUCT_FUNCTION(node->decl));
		FOR_EACH_BB_FN(bb, cfun) {
			for (auto gsi = gsi_start_bb(bb); !gsi_end_p(gsi); gsi_next(&gsi)) {
				gimple *stmt = gsi_stmt(gsi);
				tree callee = is_gimple_call(stmt) ? gimple_call_fndecl(stmt)
								   : NULL_TREE;
				const KapiRow *row =
					callee ? unit.kapi.find(symbol_of(callee)) : nullptr;

				if (!row || !row->tracked())
					continue;
				gimple_call_set_fndecl(
					as_a<gcall *>(stmt),
					external_like(callee, row->native_symbol()));
				update_stmt(stmt);
				changed = true;
			}
		}
		if (changed)
			cgraph_edge::rebuild_edges();
		pop_cfun();
	}
}

} // namespace isolator
