/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a user has set on a device, as far as its class knows.
 *
 * settings.c: those a network device itself has; routes.c: those the network
 * stack keeps for it; attributes.c: those that are files of the driver.
 */
#ifndef FGFT_SETTINGS_H
#define FGFT_SETTINGS_H

#include <linux/types.h>

struct fgft_device;
struct fgft_settings;
struct net;

/* NULL without memory, or if there is nothing to keep: both are taken. */
struct fgft_settings *fgft_settings_take(struct fgft_device *dev);
/* The number of settings that could not be replayed. */
u32 fgft_settings_replay(struct fgft_settings *settings,
			 struct fgft_device *dev);
/* The same for what is the driver's own, of a device that stays bound. */
struct fgft_settings *fgft_settings_note(struct fgft_device *dev);
u32 fgft_settings_renew(struct fgft_settings *settings,
			struct fgft_device *dev);
void fgft_settings_free(struct fgft_settings *settings);

/* Messages of rtnetlink that make addresses, routes and neighbours anew. */
struct fgft_routes;

struct fgft_routes *fgft_routes_take(struct net *net, int ifindex);
u32 fgft_routes_replay(const struct fgft_routes *routes, struct net *net,
		       int ifindex);
void fgft_routes_free(struct fgft_routes *routes);
/* Rename an interface that is down. */
int fgft_routes_rename(struct net *net, int ifindex, const char *name);

/* Files of the driver's in the device's directory; as above. */
struct fgft_attributes;

struct fgft_attributes *fgft_attributes_take(struct fgft_device *dev);
u32 fgft_attributes_replay(const struct fgft_attributes *taken,
			   struct fgft_device *dev);
void fgft_attributes_free(struct fgft_attributes *taken);

#endif /* FGFT_SETTINGS_H */
