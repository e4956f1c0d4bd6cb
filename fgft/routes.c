// SPDX-License-Identifier: GPL-2.0
/*
 * What the network stack keeps for an interface and drops with it: addresses,
 * routes and permanent neighbours, of all protocols.
 *
 * Taken as rtnetlink tells them, by a dump, and replayed by sending the same
 * messages back, as "ip address save" and "restore" do.  Only the interface's
 * number changes in between.  What the stack makes by itself with an address
 * (routes of the kernel's own, the local table) is left out.
 */
#include <linux/net.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/socket.h>
#include <net/netlink.h>

#include "fgft.h"
#include "settings.h"

#define BUFFER		32768	/* a message of a dump is never longer */
#define REPLAY_MAX	1048576	/* bytes kept; more routes than that are lost */

struct fgft_routes {
	size_t used;
	size_t size;
	u32 dropped;		/* messages there was no room for */
	u8 *messages;
};

/*
 * With an address, the socket counts as one that has no file: what it may do
 * is told by the task, a kernel thread, which may do everything.
 */
static int transmit(struct socket *sock, void *message, size_t length)
{
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	struct msghdr header = {
		.msg_name = &kernel,
		.msg_namelen = sizeof(kernel),
	};
	struct kvec part = { .iov_base = message, .iov_len = length };
	int sent = kernel_sendmsg(sock, &header, &part, 1, length);

	return sent < 0 ? sent : 0;
}

/* Answers are made while the request is sent, or while they are fetched. */
static int fetch(struct socket *sock, void *buffer)
{
	struct msghdr header = {};
	struct kvec part = { .iov_base = buffer, .iov_len = BUFFER };

	return kernel_recvmsg(sock, &header, &part, 1, BUFFER, MSG_DONTWAIT);
}

/* ---- which messages are about the interface ------------------------------------- */

static int address_index(struct nlmsghdr *message)
{
	const struct ifaddrmsg *address = nlmsg_data(message);

	return address->ifa_index;
}

static void address_set(struct nlmsghdr *message, int ifindex)
{
	struct ifaddrmsg *address = nlmsg_data(message);

	address->ifa_index = ifindex;
}

static int route_index(struct nlmsghdr *message)
{
	const struct rtmsg *route = nlmsg_data(message);
	const struct nlattr *out;

	if (route->rtm_table == RT_TABLE_LOCAL ||
	    route->rtm_protocol == RTPROT_KERNEL ||
	    (route->rtm_flags & RTM_F_CLONED))
		return 0;
	out = nlmsg_find_attr(message, sizeof(*route), RTA_OIF);
	return out ? nla_get_u32(out) : 0;
}

static void route_set(struct nlmsghdr *message, int ifindex)
{
	struct nlattr *out = nlmsg_find_attr(message, sizeof(struct rtmsg),
					     RTA_OIF);
	struct rtmsg *route = nlmsg_data(message);

	*(u32 *)nla_data(out) = ifindex;
	/* What the dump says of the state of a next hop. */
	route->rtm_flags &= RTNH_F_ONLINK;
}

static int neighbour_index(struct nlmsghdr *message)
{
	const struct ndmsg *neighbour = nlmsg_data(message);

	return neighbour->ndm_state & NUD_PERMANENT ? neighbour->ndm_ifindex : 0;
}

static void neighbour_set(struct nlmsghdr *message, int ifindex)
{
	struct ndmsg *neighbour = nlmsg_data(message);

	neighbour->ndm_ifindex = ifindex;
}

/* In the order of replay: routes need addresses. */
static const struct kind {
	u16 get, set;
	size_t header;
	int (*index)(struct nlmsghdr *message);
	void (*move)(struct nlmsghdr *message, int ifindex);
} kinds[] = {
	{ RTM_GETADDR, RTM_NEWADDR, sizeof(struct ifaddrmsg),
	  address_index, address_set },
	{ RTM_GETROUTE, RTM_NEWROUTE, sizeof(struct rtmsg),
	  route_index, route_set },
	{ RTM_GETNEIGH, RTM_NEWNEIGH, sizeof(struct ndmsg),
	  neighbour_index, neighbour_set },
};

static const struct kind *kind_find(u16 set)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++)
		if (kinds[i].set == set)
			return &kinds[i];
	return NULL;
}

/* ---- taking ------------------------------------------------------------------------ */

static void keep(struct fgft_routes *routes, const struct nlmsghdr *message)
{
	size_t length = NLMSG_ALIGN(message->nlmsg_len);
	size_t size = max_t(size_t, routes->size, PAGE_SIZE);
	u8 *larger;

	while (size < routes->used + length)
		size *= 2;
	if (size > REPLAY_MAX) {
		routes->dropped++;
		return;
	}
	if (size != routes->size) {
		larger = krealloc(routes->messages, size, GFP_KERNEL);
		if (!larger) {
			routes->dropped++;
			return;
		}
		routes->messages = larger;
		routes->size = size;
	}
	memset(routes->messages + routes->used, 0, length);
	memcpy(routes->messages + routes->used, message, message->nlmsg_len);
	routes->used += length;
}

/* Keep what is of @kind and about @ifindex; false behind the last message. */
static bool sift(struct fgft_routes *routes, const struct kind *kind,
		 int ifindex, struct nlmsghdr *message, int left)
{
	for (; nlmsg_ok(message, left); message = nlmsg_next(message, &left)) {
		if (message->nlmsg_type == NLMSG_DONE ||
		    message->nlmsg_type == NLMSG_ERROR)
			return false;
		if (message->nlmsg_type == kind->set &&
		    nlmsg_len(message) >= (int)kind->header &&
		    kind->index(message) == ifindex)
			keep(routes, message);
	}
	return true;
}

static void dump(struct fgft_routes *routes, struct socket *sock,
		 const struct kind *kind, int ifindex, void *buffer)
{
	struct {
		struct nlmsghdr header;
		u8 body[sizeof(struct ifaddrmsg) + sizeof(struct rtmsg)];
	} request = {
		.header.nlmsg_len = NLMSG_LENGTH(kind->header),
		.header.nlmsg_type = kind->get,
		.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
	};
	int length;

	if (transmit(sock, &request, request.header.nlmsg_len))
		return;
	do {
		length = fetch(sock, buffer);
	} while (length > 0 && sift(routes, kind, ifindex, buffer, length));
}

/**
 * fgft_routes_take - write down what the stack keeps for an interface
 * @net: its name space
 * @ifindex: its number
 *
 * Context: Process, without the rtnl.
 * Return: the messages; NULL without memory.
 */
struct fgft_routes *fgft_routes_take(struct net *net, int ifindex)
{
	struct fgft_routes *routes = kzalloc(sizeof(*routes), GFP_KERNEL);
	void *buffer = kmalloc(BUFFER, GFP_KERNEL);
	struct socket *sock;
	u32 i;

	if (!routes || !buffer ||
	    sock_create_kern(net, AF_NETLINK, SOCK_RAW, NETLINK_ROUTE, &sock)) {
		kfree(buffer);
		kfree(routes);
		return NULL;
	}
	for (i = 0; i < ARRAY_SIZE(kinds); i++)
		dump(routes, sock, &kinds[i], ifindex, buffer);
	sock_release(sock);
	kfree(buffer);
	return routes;
}

/* ---- replaying --------------------------------------------------------------------- */

/* Ask, and return what the answer says. */
static int ask(struct socket *sock, struct nlmsghdr *message, void *buffer)
{
	struct nlmsghdr *answer = buffer;
	int err;

	message->nlmsg_flags |= NLM_F_REQUEST | NLM_F_ACK;
	message->nlmsg_pid = 0;
	err = transmit(sock, message, message->nlmsg_len);
	if (err)
		return err;
	err = fetch(sock, buffer);
	if (err < 0)
		return err;
	if (!nlmsg_ok(answer, err) || answer->nlmsg_type != NLMSG_ERROR)
		return -EPROTO;
	return ((struct nlmsgerr *)nlmsg_data(answer))->error;
}

static bool has_gateway(struct nlmsghdr *message)
{
	return message->nlmsg_type == RTM_NEWROUTE &&
	       (nlmsg_find_attr(message, sizeof(struct rtmsg), RTA_GATEWAY) ||
		nlmsg_find_attr(message, sizeof(struct rtmsg), RTA_VIA));
}

/* A gateway is reached by another route: those without one come first. */
static u32 replay(const struct fgft_routes *routes, struct socket *sock,
		  int ifindex, bool gateways, void *buffer)
{
	struct nlmsghdr *message = (struct nlmsghdr *)routes->messages;
	int left = routes->used;
	u32 lost = 0;

	for (; nlmsg_ok(message, left); message = nlmsg_next(message, &left)) {
		const struct kind *kind = kind_find(message->nlmsg_type);

		if (!kind || has_gateway(message) != gateways)
			continue;
		kind->move(message, ifindex);
		message->nlmsg_flags = NLM_F_CREATE | NLM_F_REPLACE;
		lost += !!ask(sock, message, buffer);
	}
	return lost;
}

/**
 * fgft_routes_replay - have the stack keep for an interface what it kept
 * @routes: from fgft_routes_take(), may be NULL
 * @net: the interface's name space
 * @ifindex: its number now; it is up
 *
 * Context: Process, without the rtnl.
 * Return: how many addresses, routes and neighbours are lost.
 */
u32 fgft_routes_replay(const struct fgft_routes *routes, struct net *net,
		       int ifindex)
{
	struct socket *sock;
	void *buffer;
	u32 lost;

	if (!routes)
		return 1;
	lost = routes->dropped;
	buffer = kmalloc(BUFFER, GFP_KERNEL);
	if (!buffer ||
	    sock_create_kern(net, AF_NETLINK, SOCK_RAW, NETLINK_ROUTE, &sock)) {
		kfree(buffer);
		return lost + 1;
	}
	lost += replay(routes, sock, ifindex, false, buffer);
	lost += replay(routes, sock, ifindex, true, buffer);
	sock_release(sock);
	kfree(buffer);
	return lost;
}

/**
 * fgft_routes_free - forget what was kept
 * @routes: may be NULL
 *
 * Context: Process.
 */
void fgft_routes_free(struct fgft_routes *routes)
{
	if (!routes)
		return;
	kfree(routes->messages);
	kfree(routes);
}

/**
 * fgft_routes_rename - give an interface another name
 * @net: its name space
 * @ifindex: its number; it is down
 * @name: the name
 *
 * By message too: modules may not call what does it.
 *
 * Context: Process, without the rtnl.
 * Return: 0, -ENOMEM, or the stack's error, for example -EEXIST.
 */
int fgft_routes_rename(struct net *net, int ifindex, const char *name)
{
	struct {
		struct nlmsghdr header;
		struct ifinfomsg link;
		struct nlattr attribute;
		char name[IFNAMSIZ];
	} request = {
		.header.nlmsg_len = sizeof(request),
		.header.nlmsg_type = RTM_SETLINK,
		.link.ifi_index = ifindex,
		.attribute.nla_len = sizeof(request.attribute) + IFNAMSIZ,
		.attribute.nla_type = IFLA_IFNAME,
	};
	void *buffer = kmalloc(BUFFER, GFP_KERNEL);
	struct socket *sock;
	int err;

	if (!buffer)
		return -ENOMEM;
	strscpy(request.name, name, sizeof(request.name));
	err = sock_create_kern(net, AF_NETLINK, SOCK_RAW, NETLINK_ROUTE, &sock);
	if (!err) {
		err = ask(sock, &request.header, buffer);
		sock_release(sock);
	}
	kfree(buffer);
	return err;
}
