// SPDX-License-Identifier: GPL-2.0
/*
 * A driver's policy file.
 *
 *	entry e1000_change_mtu
 *	entry *
 *	except e1000_netpoll it runs where nothing may be logged
 *	register 0:0x0100 plain
 *	register 0:0x5200+128 plain
 *	register 0:0x3818 doorbell
 *	register 0:0x0000 event mask=0x04000000 match=0x04000000
 *	register 0:0x00d0 pair clear=0x00d8
 *	register 0:0x00c0 clears raise=0x00c8
 *	register 0:0x0030+4 paged
 *	register 0:0x0020 mailbox mask=0xc000000 match=0x4000000 read=0x8000000 done=0x10000000 data=0xffff
 *	message 0xf1:0x10+6 plain read=0xf0
 *	message 0xf1:0x28 phy mask=0x20 match=0x20
 */
#include "policy.h"

#include <algorithm>
#include <map>
#include <utility>

#include "text.h"

namespace isolator {
namespace {

const char entry_form[] = "entry <function>|*";
const char except_form[] = "except <function> <reason>";
const char register_form[] = "register <BAR>:<offset>[+<count>] plain|paged|event|doorbell|relaxed|pair|clears|acks|mailbox "
			     "[width=1|2|4|8] [mask=<number> match=<number>]; "
			     "plain or paged keeps=<mask>; pair clear=<offset> [read=<offset>]; clears raise=<offset>; "
			     "mailbox read=<bits> done=<bit> data=<mask>";
const char message_form[] = "message <request>:<index>[+<count>] plain|event|phy "
			    "[width=1|2|4|8] [mask=<number> match=<number>]; plain read=<request>";

/* The kinds of a line.  A pair is two registers, and named by the setting one. */
const std::map<std::string, RegisterKind> kinds = {
	{"plain", RegisterKind::plain},	    {"event", RegisterKind::event},
	{"doorbell", RegisterKind::doorbell}, {"relaxed", RegisterKind::relaxed},
	{"pair", RegisterKind::set},	    {"clears", RegisterKind::clears},
	{"paged", RegisterKind::paged},
	{"acks", RegisterKind::acks},	    {"mailbox", RegisterKind::mailbox},
};

/* The same for registers that control messages reach. */
const std::map<std::string, RegisterKind> message_kinds = {
	{"plain", RegisterKind::plain},
	{"event", RegisterKind::event},
	{"phy", RegisterKind::phy},
};

/* The setting that names the other register, for the kinds that have one. */
const std::map<RegisterKind, std::string> partner_keys = {
	{RegisterKind::set, "clear"},
	{RegisterKind::clears, "raise"},
	{RegisterKind::mailbox, "read"},
};

/* The one that says where the state is read, and the one of the bits that are kept. */
const std::map<RegisterKind, std::string> status_keys = {
	{RegisterKind::set, "read"},
	{RegisterKind::mailbox, "done"},
};
const std::map<RegisterKind, std::string> kept_keys = {
	{RegisterKind::plain, "keeps"},
	{RegisterKind::paged, "keeps"},
	{RegisterKind::mailbox, "data"},
};

/* The name for this kind, "" if there is none. */
std::string named(const std::map<RegisterKind, std::string> &keys, RegisterKind kind)
{
	auto found = keys.find(kind);

	return found == keys.end() ? "" : found->second;
}

/* A PCI function has six BARs, and the expansion ROM is nobody's register. */
constexpr uint64_t last_bar = 5;
constexpr uint64_t last_request = 0xff;
constexpr uint64_t last_index = 0xffff;

bool fits_u32(uint64_t value)
{
	return value <= UINT32_MAX;
}

/* <BAR>:<offset>[+<count>], the first two at most so large */
bool parse_place(const std::string &word, uint64_t last, uint64_t last_offset, Register &reg)
{
	size_t colon = word.find(':');
	size_t plus = word.find('+');

	if (colon == std::string::npos || (plus != std::string::npos && plus < colon))
		return false;
	auto bar = parse_number(word.substr(0, colon));
	auto offset = parse_number(word.substr(colon + 1, plus == std::string::npos ?
							  plus : plus - colon - 1));
	auto count = plus == std::string::npos ? 1 : parse_number(word.substr(plus + 1));

	if (!bar || !offset || !count || *bar > last || *offset > last_offset || !fits_u32(*count) ||
	    !*count)
		return false;
	reg.bar = static_cast<uint32_t>(*bar);
	reg.offset = static_cast<uint32_t>(*offset);
	reg.count = static_cast<uint32_t>(*count);
	return true;
}

/* A register as a line has it: settings given, not what they mean. */
struct Line {
	Register reg;
	bool partner = false;
	bool status = false;
};

/* Cut <key>=<number>; the key is empty if it is not that. */
std::pair<std::string, uint64_t> cut_setting(const std::string &word)
{
	size_t equal = word.find('=');
	auto value = parse_number(equal == std::string::npos ? "" : word.substr(equal + 1));

	if (!value)
		return {};
	return {word.substr(0, equal), *value};
}

/* A setting that any register may have. */
bool parse_any(const std::string &key, uint64_t value, Register &reg)
{
	if (key == "width" && (value == 1 || value == 2 || value == 4 || value == 8))
		reg.width = static_cast<uint32_t>(value);
	else if (key == "mask")
		reg.mask = value;
	else if (key == "match")
		reg.match = value;
	else
		return false;
	return true;
}

bool parse_setting(const std::string &word, Line &line)
{
	auto wanted = partner_keys.find(line.reg.kind);
	Register &reg = line.reg;
	const auto [key, value] = cut_setting(word);
	const bool related = fits_u32(value) && wanted != partner_keys.end();

	if (key.empty())
		return false;
	if (parse_any(key, value, reg))
		return true;
	if (value && named(kept_keys, reg.kind) == key)
		reg.keeps = value;
	else if (related && key == wanted->second && !line.partner) {
		reg.partner = static_cast<uint32_t>(value);
		line.partner = true;
	} else if (related && named(status_keys, reg.kind) == key) {
		reg.status = static_cast<uint32_t>(value);
		line.status = true;
	} else
		return false;
	return true;
}

/* What clears the bits the first register of a pair sets. */
Register clearing_half(const Register &setting)
{
	Register clearing = setting;

	clearing.kind = RegisterKind::clear;
	clearing.offset = setting.partner;
	clearing.partner = setting.offset;
	return clearing;
}

/* A command of 32 bits: what it is for, what it carries, and when it is done, each in bits of its own. */
bool is_mailbox(const Register &reg)
{
	return reg.width == 4 && fits_u32(reg.mask) && reg.mask && reg.match != reg.partner &&
	       !(reg.partner & ~reg.mask) && fits_u32(reg.keeps) && reg.keeps && reg.status &&
	       !(reg.keeps & (reg.mask | reg.status)) && !(reg.status & reg.mask);
}

/* The registers of a line, none if it is wrong. */
std::vector<Register> parse_register(const std::vector<std::string> &words)
{
	Line line;

	if (words.size() < 3 || !parse_place(words[1], last_bar, UINT32_MAX, line.reg))
		return {};
	auto kind = kinds.find(words[2]);
	if (kind == kinds.end())
		return {};
	line.reg.kind = kind->second;
	for (size_t i = 3; i < words.size(); i++)
		if (!parse_setting(words[i], line))
			return {};
	/* A bit of match outside mask makes the row one that never matches. */
	if (line.reg.match & ~line.reg.mask)
		return {};
	if (line.partner != (partner_keys.count(line.reg.kind) == 1))
		return {};
	/* Reads have no value to compare yet. */
	if (line.reg.kind == RegisterKind::clears && line.reg.mask)
		return {};
	if (line.reg.kind == RegisterKind::mailbox && !is_mailbox(line.reg))
		return {};
	if (line.reg.kind != RegisterKind::set)
		return {line.reg};
	if (!line.status)
		line.reg.status = line.reg.offset;
	/* The mask belongs to both, as far from the row's start for each. */
	return {line.reg, clearing_half(line.reg)};
}

/* A setting of a register that a message reaches; its partner is what reads it. */
bool parse_message_setting(const std::string &word, Line &line)
{
	const auto [key, value] = cut_setting(word);

	if (parse_any(key, value, line.reg))
		return true;
	if (key != "read" || value > last_request || line.reg.kind != RegisterKind::plain ||
	    line.partner)
		return false;
	line.reg.partner = static_cast<uint32_t>(value);
	line.partner = true;
	return true;
}

/* The registers of a line, none if it is wrong. */
std::vector<Register> parse_message(const std::vector<std::string> &words)
{
	Line line;

	line.reg.width = 1;
	if (words.size() < 3 || !parse_place(words[1], last_request, last_index, line.reg))
		return {};
	auto kind = message_kinds.find(words[2]);
	if (kind == message_kinds.end())
		return {};
	line.reg.bar |= bar_message;
	line.reg.kind = kind->second;
	for (size_t i = 3; i < words.size(); i++)
		if (!parse_message_setting(words[i], line))
			return {};
	if (line.reg.match & ~line.reg.mask ||
	    line.partner != (line.reg.kind == RegisterKind::plain))
		return {};
	return {line.reg};
}

/* Lines that describe registers. */
struct Describer {
	const char *form;
	std::vector<Register> (*parse)(const std::vector<std::string> &words);
};

const std::map<std::string, Describer> describers = {
	{"register", {register_form, parse_register}},
	{"message", {message_form, parse_message}},
};

/* The words from @first on, as they stood but for blanks. */
std::string join(const std::vector<std::string> &words, size_t first)
{
	std::string text;

	for (size_t i = first; i < words.size(); i++)
		text += (text.empty() ? "" : " ") + words[i];
	return text;
}

/* What is wrong with "entry" or "except" in @words; "" if they were taken. */
std::string add_entry(Policy &policy, const std::vector<std::string> &words)
{
	if (words[0] == "except") {
		if (words.size() < 3)
			return std::string("expected '") + except_form + "'";
		if (policy.has_entry(words[1]) || policy.exceptions.count(words[1]))
			return "'" + words[1] + "' is listed twice: remove one line";
		policy.exceptions[words[1]] = join(words, 2);
		return "";
	}
	if (words.size() != 2)
		return std::string("expected '") + entry_form + "'";
	if (words[1] == "*" ? policy.all
			    : policy.has_entry(words[1]) || policy.exceptions.count(words[1]))
		return "entry '" + words[1] + "' is listed twice: remove one line";
	if (words[1] == "*")
		policy.all = true;
	else
		policy.entries.push_back(words[1]);
	return "";
}

} // namespace

Result<Policy> Policy::load(const std::string &path)
{
	auto lines = read_lines(path);
	Policy policy;

	if (!lines)
		return Error{lines.error()};
	policy.path = path;
	for (size_t i = 0; i < lines.value().size(); i++) {
		auto words = split_words(lines.value()[i]);
		const std::string where = at_line(path, i + 1) + ": ";

		if (words.empty())
			continue;
		if (words[0] == "entry" || words[0] == "except") {
			const std::string wrong = add_entry(policy, words);

			if (!wrong.empty())
				return Error{where + wrong};
			continue;
		}
		auto describer = describers.find(words[0]);

		if (describer == describers.end())
			return Error{where + "expected '" + entry_form + "', '" + except_form +
				     "', '" + register_form + "' or '" + message_form + "'"};
		const auto registers = describer->second.parse(words);

		if (registers.empty())
			return Error{where + "expected '" + describer->second.form + "'"};
		policy.registers.insert(policy.registers.end(), registers.begin(), registers.end());
	}
	if (!policy.exceptions.empty() && !policy.all)
		return Error{path + ": 'except' needs 'entry *': what is not listed is native"};
	return policy;
}

std::string Policy::why_native(const std::string &name) const
{
	auto exception = exceptions.find(name);

	if (exception != exceptions.end())
		return exception->second;
	return all || has_entry(name) ? "" : "the policy does not list it";
}

bool Policy::has_entry(const std::string &name) const
{
	return std::find(entries.begin(), entries.end(), name) != entries.end();
}

} // namespace isolator
