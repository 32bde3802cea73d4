/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Owns: the tables of the model's members, in the order in which they are written.
 * Must not know: how a value looks in the file (write*.c).
 */

#include "service/config/writer.h"

#define M(m) MODEL_MEMBER(ConfigVip, m)
static const ModelMember vip_rows[] = {
                {M(address), .kind = MODEL_ADDRESS, .write = write_vip_address},
                {M(prefixlen), .kind = MODEL_UINT8},
                {M(dev), .keyword = "dev", .kind = MODEL_WORD},
                {M(label), .keyword = "label", .kind = MODEL_WORD},
                {M(broadcast), .kind = MODEL_ADDRESS, .write = write_vip_broadcast},
                {M(broadcast_auto), .kind = MODEL_FLAG},
                {M(scope), .kind = MODEL_UINT8, .write = write_vip_scope},
                {M(peer), .keyword = "peer", .kind = MODEL_ADDRESS},
                {M(home), .keyword = "home", .kind = MODEL_FLAG},
                {M(mngtmpaddr), .keyword = "mngtmpaddr", .kind = MODEL_FLAG},
                {M(noprefixroute), .keyword = "noprefixroute", .kind = MODEL_FLAG},
                {M(autojoin), .keyword = "autojoin", .kind = MODEL_FLAG},
                {M(no_track), .keyword = "no_track", .kind = MODEL_FLAG},
                {M(nodad), .keyword = "-nodad", .kind = MODEL_FLAG},
                {M(deprecated), .kind = MODEL_FLAG, .write = write_vip_deprecated},
                {M(use_vmac), .keyword = "use_vmac", .kind = MODEL_FLAG},
                {M(link), .kind = MODEL_NOTE},
                {M(at), .kind = MODEL_NOTE},
};
#undef M
const ModelTable model_vip = {"ConfigVip", sizeof(ConfigVip), vip_rows, ELEMENTSOF(vip_rows)};

#define M(m) MODEL_MEMBER(ConfigTrack, m)
static const ModelMember track_rows[] = {
                {M(type), .kind = MODEL_VALUE}, /* says in which list it stands */
                {M(name), .kind = MODEL_WORD, .write = write_track_name},
                {M(weight), .kind = MODEL_INT, .write = write_track_weight},
                {M(reverse), .kind = MODEL_FLAG},
                {M(at), .kind = MODEL_NOTE},
};
#undef M
const ModelTable model_track = {"ConfigTrack", sizeof(ConfigTrack), track_rows, ELEMENTSOF(track_rows)};

#define M(m) MODEL_MEMBER(ConfigPeer, m)
static const ModelMember peer_rows[] = {
                {M(address), .kind = MODEL_ADDRESS, .write = write_peer_address},
                {M(min_ttl), .keyword = "min_ttl", .kind = MODEL_INT, .write = write_peer_ttl},
                {M(max_ttl), .keyword = "max_ttl", .kind = MODEL_INT, .write = write_peer_ttl},
                {M(at), .kind = MODEL_NOTE},
};
#undef M
const ModelTable model_peer = {"ConfigPeer", sizeof(ConfigPeer), peer_rows, ELEMENTSOF(peer_rows)};

#define M(m) MODEL_MEMBER(ConfigKey, m)
static const ModelMember key_rows[] = {
                {M(id), .keyword = "key", .kind = MODEL_UINT8},
                {M(file), .kind = MODEL_WORD, .write = write_key_source},
                {M(size), .kind = MODEL_SECRET},
                {M(data), .kind = MODEL_SECRET},
                {M(at), .kind = MODEL_NOTE},
};
#undef M
const ModelTable model_key = {"ConfigKey", sizeof(ConfigKey), key_rows, ELEMENTSOF(key_rows)};

#define M(m) MODEL_MEMBER(ConfigRoute, m)
static const ModelMember route_rows[] = {
                {M(route), .kind = MODEL_NOTE, .write = write_route},
                {M(track_group), .kind = MODEL_NOTE, .write = write_item_group},
                {M(at), .kind = MODEL_NOTE},
};
#undef M
const ModelTable model_route = {"ConfigRoute", sizeof(ConfigRoute), route_rows, ELEMENTSOF(route_rows)};

#define M(m) MODEL_MEMBER(ConfigRule, m)
static const ModelMember rule_rows[] = {
                {M(rule), .kind = MODEL_NOTE, .write = write_rule},
                {M(track_group), .kind = MODEL_NOTE, .write = write_item_group},
                {M(at), .kind = MODEL_NOTE},
};
#undef M
const ModelTable model_rule = {"ConfigRule", sizeof(ConfigRule), rule_rows, ELEMENTSOF(rule_rows)};

#define M(m) MODEL_MEMBER(ConfigStaticAddress, m)
static const ModelMember static_address_rows[] = {
                {M(vip), .kind = MODEL_NOTE, .write = write_static_vip},
                {M(track_group), .kind = MODEL_NOTE, .write = write_item_group},
};
#undef M
const ModelTable model_static_address = {"ConfigStaticAddress", sizeof(ConfigStaticAddress),
                static_address_rows, ELEMENTSOF(static_address_rows)};

#define M(m) MODEL_MEMBER(ConfigTrackGroup, m)
static const ModelMember track_group_rows[] = {
                {M(name), .kind = MODEL_NOTE}, /* in the head of its block */
                {M(members), .kind = MODEL_NOTE, .write = write_group_members},
                {M(at), .kind = MODEL_NOTE},
};
#undef M
const ModelTable model_track_group = {"ConfigTrackGroup", sizeof(ConfigTrackGroup), track_group_rows,
                ELEMENTSOF(track_group_rows)};

#define M(m) MODEL_MEMBER(ConfigInstance, m)
static const ModelMember instance_rows[] = {
                {M(name), .kind = MODEL_WORD}, /* in the head of its block */
                {M(interface), .keyword = "interface", .kind = MODEL_WORD},
                {M(vrid), .keyword = "virtual_router_id", .kind = MODEL_UINT8},
                {M(version), .keyword = "version", .kind = MODEL_UINT8},
                {M(family), .kind = MODEL_VALUE, .write = write_family},
                {M(state_master), .kind = MODEL_FLAG, .write = write_state},
                {M(priority), .keyword = "priority", .kind = MODEL_UINT8},
                {M(interval_usec), .keyword = "advert_int", .kind = MODEL_SECONDS},
                {M(preempt), .kind = MODEL_FLAG, .write = write_preempt},
                {M(preempt_delay_usec), .keyword = "preempt_delay", .kind = MODEL_SECONDS},
                {M(down_timer_adverts), .keyword = "down_timer_adverts", .kind = MODEL_UNSIGNED},
                {M(lower_prio_no_advert), .keyword = "lower_prio_no_advert", .kind = MODEL_SWITCH},
                {M(higher_prio_send_advert), .keyword = "higher_prio_send_advert", .kind = MODEL_SWITCH},
                {M(owner_ignore_adverts), .keyword = "owner_ignore_adverts", .kind = MODEL_SWITCH},
                {M(checksum_plain), .keyword = "v3_checksum_as_v2", .kind = MODEL_SWITCH},
                {M(dont_track_primary), .keyword = "dont_track_primary", .kind = MODEL_FLAG},
                {M(accept), .kind = MODEL_FLAG, .write = write_accept},
                {M(promote_secondaries), .keyword = "promote_secondaries", .kind = MODEL_FLAG},
                {M(use_vmac), .kind = MODEL_FLAG, .write = write_vmac},
                {M(vmac_name), .kind = MODEL_WORD},
                {M(vmac_mac), .kind = MODEL_VALUE},
                {M(vmac_xmit_base), .keyword = "vmac_xmit_base", .kind = MODEL_FLAG},
                {M(use_vmac_addr), .keyword = "use_vmac_addr", .kind = MODEL_FLAG},
                {M(vmacs), .kind = MODEL_NOTE},
                {M(n_vmacs), .kind = MODEL_NOTE},
                {M(timer_expired_backup), .keyword = "timer_expired_backup", .kind = MODEL_UINT8,
                                .write = write_timer_expired},
                {M(announce.delay_usec), .keyword = "garp_master_delay", .kind = MODEL_SECONDS},
                {M(announce.repeat), .keyword = "garp_master_repeat", .kind = MODEL_UNSIGNED},
                {M(announce.refresh_usec), .keyword = "garp_master_refresh", .kind = MODEL_SECONDS},
                {M(announce.refresh_repeat), .keyword = "garp_master_refresh_repeat",
                                .kind = MODEL_UNSIGNED},
                {M(announce.lower_prio_delay_usec), .keyword = "garp_lower_prio_delay",
                                .kind = MODEL_SECONDS},
                {M(announce.lower_prio_repeat), .keyword = "garp_lower_prio_repeat", .kind = MODEL_UNSIGNED},
                {M(announce.extra_usec), .keyword = "garp_extra_if", .kind = MODEL_SECONDS,
                                .write = write_extra},
                {M(announce.extra_all), .kind = MODEL_FLAG},
                {M(auth), .kind = MODEL_VALUE, .write = write_authentication},
                {M(auth_data), .kind = MODEL_SECRET},
                {M(auth_refused), .kind = MODEL_FLAG}, /* with auth */
                {MODEL_ARRAY(ConfigInstance, hmac_keys, n_hmac_keys, &model_key), .keyword = "auth_hmac",
                                .kind = MODEL_LINES, .write = write_hmac},
                {M(n_hmac_keys), .kind = MODEL_COUNT},
                {M(hmac_active_key), .kind = MODEL_VALUE}, /* in the block */
                {M(hmac_mode), .kind = MODEL_VALUE},
                {M(hmac_monotonic), .kind = MODEL_FLAG},
                {M(hmac_window_usec), .kind = MODEL_SECONDS},
                {M(source), .kind = MODEL_ADDRESS, .write = write_source},
                {M(track_source), .keyword = "track_src_ip", .kind = MODEL_FLAG},
                {M(multicast), .keyword = "mcast_dst_ip", .kind = MODEL_ADDRESS},
                {M(unicast), .kind = MODEL_FLAG}, /* there are peers */
                {M(fault_no_peer), .keyword = "unicast_fault_no_peer", .kind = MODEL_FLAG},
                {M(ttl), .keyword = "unicast_ttl", .kind = MODEL_UINT8, .write = write_ttl},
                {MODEL_ARRAY(ConfigInstance, peers, n_peers, &model_peer), .keyword = "unicast_peer",
                                .kind = MODEL_LINES, .write = write_peers},
                {M(n_peers), .kind = MODEL_COUNT},
                {MODEL_ARRAY(ConfigInstance, tracks, n_tracks, &model_track), .keyword = NULL,
                                .kind = MODEL_LINES, .write = write_tracks},
                {M(n_tracks), .kind = MODEL_COUNT},
                {MODEL_ARRAY(ConfigInstance, vips, n_vips, &model_vip), .keyword = "virtual_ipaddress",
                                .kind = MODEL_LINES},
                {M(n_vips), .kind = MODEL_COUNT},
                {MODEL_ARRAY(ConfigInstance, excluded, n_excluded, &model_vip),
                                .keyword = "virtual_ipaddress_excluded", .kind = MODEL_LINES},
                {M(n_excluded), .kind = MODEL_COUNT},
                {MODEL_ARRAY(ConfigInstance, routes, n_routes, &model_route), .keyword = "virtual_routes",
                                .kind = MODEL_LINES},
                {M(n_routes), .kind = MODEL_COUNT},
                {MODEL_ARRAY(ConfigInstance, rules, n_rules, &model_rule), .keyword = "virtual_rules",
                                .kind = MODEL_LINES},
                {M(n_rules), .kind = MODEL_COUNT},
                {M(group), .kind = MODEL_NOTE}, /* written from the group's side */
                {M(at), .kind = MODEL_NOTE},
                {M(interface_at), .kind = MODEL_NOTE},
                {M(source_at), .kind = MODEL_NOTE},
                {M(vmac_at), .kind = MODEL_NOTE},
                {M(vmac_name_at), .kind = MODEL_NOTE},
};
#undef M
const ModelTable model_instance = {
                "ConfigInstance", sizeof(ConfigInstance), instance_rows, ELEMENTSOF(instance_rows)};

#define M(m) MODEL_MEMBER(ConfigScript, m)
static const ModelMember script_rows[] = {
                {M(name), .kind = MODEL_WORD}, /* in the head of its block */
                {M(command), .keyword = "script", .kind = MODEL_COMMAND},
                {M(interval_usec), .keyword = "interval", .kind = MODEL_SECONDS},
                {M(timeout_usec), .keyword = "timeout", .kind = MODEL_SECONDS},
                {M(rise), .keyword = "rise", .kind = MODEL_UNSIGNED},
                {M(fall), .keyword = "fall", .kind = MODEL_UNSIGNED},
                {M(weight), .keyword = "weight", .kind = MODEL_INT, .write = write_script_weight},
                {M(reverse), .kind = MODEL_FLAG},
                {M(init_fail), .keyword = "init_fail", .kind = MODEL_FLAG},
                {M(user), .keyword = "user", .kind = MODEL_WORD, .write = write_user},
                {M(group), .kind = MODEL_WORD},
                {M(at), .kind = MODEL_NOTE},
                {M(command_at), .kind = MODEL_NOTE},
                {M(user_at), .kind = MODEL_NOTE},
};
#undef M
const ModelTable model_script = {"ConfigScript", sizeof(ConfigScript), script_rows, ELEMENTSOF(script_rows)};

#define M(m) MODEL_MEMBER(ConfigTrackedFile, m)
static const ModelMember tracked_file_rows[] = {
                {M(name), .kind = MODEL_WORD}, /* in the head of its block */
                {M(path), .keyword = "file", .kind = MODEL_COMMAND},
                {M(weight), .keyword = "weight", .kind = MODEL_INT, .write = write_file_weight},
                {M(reverse), .kind = MODEL_FLAG},
                {M(init), .keyword = "init_file", .kind = MODEL_FLAG, .write = write_init_file},
                {M(init_overwrite), .kind = MODEL_FLAG},
                {M(init_value), .kind = MODEL_INT},
                {M(at), .kind = MODEL_NOTE},
                {M(path_at), .kind = MODEL_NOTE},
};
#undef M
const ModelTable model_tracked_file = {"ConfigTrackedFile", sizeof(ConfigTrackedFile), tracked_file_rows,
                ELEMENTSOF(tracked_file_rows)};

#define M(m) MODEL_MEMBER(ConfigProcess, m)
static const ModelMember process_rows[] = {
                {M(name), .kind = MODEL_WORD}, /* in the head of its block */
                {M(command), .keyword = "process", .kind = MODEL_WORDS},
                {M(match), .kind = MODEL_VALUE, .write = write_match},
                {M(weight), .keyword = "weight", .kind = MODEL_INT, .write = write_process_weight},
                {M(reverse), .kind = MODEL_FLAG},
                {M(quorum), .keyword = "quorum", .kind = MODEL_UNSIGNED, .write = write_quorum},
                {M(quorum_max), .keyword = "quorum_max", .kind = MODEL_UNSIGNED, .write = write_quorum},
                {M(fork_delay_usec), .keyword = "fork_delay", .kind = MODEL_SECONDS, .write = write_delay},
                {M(terminate_delay_usec), .keyword = "terminate_delay", .kind = MODEL_SECONDS,
                                .write = write_delay},
                {M(at), .kind = MODEL_NOTE},
};
#undef M
const ModelTable model_process = {
                "ConfigProcess", sizeof(ConfigProcess), process_rows, ELEMENTSOF(process_rows)};

#define M(m) MODEL_MEMBER(ConfigMember, m)
static const ModelMember member_rows[] = {
                {M(name), .kind = MODEL_WORD, .write = write_member_name},
                {M(at), .kind = MODEL_NOTE},
};
#undef M
const ModelTable model_member = {"ConfigMember", sizeof(ConfigMember), member_rows, ELEMENTSOF(member_rows)};

#define M(m) MODEL_MEMBER(ConfigGroup, m)
static const ModelMember group_rows[] = {
                {M(name), .kind = MODEL_WORD}, /* in the head of its block */
                {MODEL_ARRAY(ConfigGroup, members, n_members, &model_member), .keyword = "group",
                                .kind = MODEL_LINES},
                {M(n_members), .kind = MODEL_COUNT},
                {MODEL_ARRAY(ConfigGroup, tracks, n_tracks, &model_track), .keyword = NULL,
                                .kind = MODEL_LINES, .write = write_group_tracks},
                {M(n_tracks), .kind = MODEL_COUNT},
                {M(tracking_weight), .keyword = "sync_group_tracking_weight", .kind = MODEL_FLAG},
                {M(at), .kind = MODEL_NOTE},
};
#undef M
const ModelTable model_group = {"ConfigGroup", sizeof(ConfigGroup), group_rows, ELEMENTSOF(group_rows)};

#define M(m) MODEL_MEMBER(ConfigLinkDelay, m)
static const ModelMember link_delay_rows[] = {
                {M(interface), .kind = MODEL_WORD, .write = write_bare_word},
                {M(down_usec), .kind = MODEL_SECONDS, .write = write_bare_seconds},
                {M(up_usec), .kind = MODEL_SECONDS, .write = write_bare_seconds},
                {M(at), .kind = MODEL_NOTE},
};
#undef M
const ModelTable model_link_delay = {
                "ConfigLinkDelay", sizeof(ConfigLinkDelay), link_delay_rows, ELEMENTSOF(link_delay_rows)};

#define M(m) MODEL_MEMBER(ConfigGarpGroup, m)
static const ModelMember garp_group_rows[] = {
                {M(interfaces), .keyword = "interfaces", .kind = MODEL_WORDS, .write = write_interfaces},
                {M(garp_interval_usec), .keyword = "garp_interval", .kind = MODEL_SECONDS},
                {M(gna_interval_usec), .keyword = "gna_interval", .kind = MODEL_SECONDS},
                {M(at), .kind = MODEL_NOTE},
};
#undef M
const ModelTable model_garp_group = {
                "ConfigGarpGroup", sizeof(ConfigGarpGroup), garp_group_rows, ELEMENTSOF(garp_group_rows)};

#define M(m) MODEL_MEMBER(ConfigGlobal, m)
static const ModelMember global_rows[] = {
                {M(router_id), .keyword = "router_id", .kind = MODEL_WORD},
                {M(script_user), .keyword = "script_user", .kind = MODEL_WORD, .write = write_script_user},
                {M(script_group), .kind = MODEL_WORD},
                {M(enable_script_security), .keyword = "enable_script_security", .kind = MODEL_FLAG},
                {M(vrrp_version), .keyword = "vrrp_version", .kind = MODEL_UINT8},
                {M(vmac_prefix), .keyword = "vmac_prefix", .kind = MODEL_WORD},
                {M(vmac_addr_prefix), .keyword = "vmac_addr_prefix", .kind = MODEL_WORD},
                {M(nftables_priority), .keyword = "nftables_priority", .kind = MODEL_INT},
                {M(nftables_counters), .keyword = "nftables_counters", .kind = MODEL_FLAG},
                {M(startup_delay_usec), .keyword = "vrrp_startup_delay", .kind = MODEL_SECONDS},
                {M(delay_after_boot_usec), .keyword = "vrrp_delay_after_boot", .kind = MODEL_SECONDS},
                {M(garp_interval_usec), .keyword = "vrrp_garp_interval", .kind = MODEL_SECONDS},
                {M(gna_interval_usec), .keyword = "vrrp_gna_interval", .kind = MODEL_SECONDS},
                {M(script_user_at), .kind = MODEL_NOTE},
};
#undef M
const ModelTable model_global = {"ConfigGlobal", sizeof(ConfigGlobal), global_rows, ELEMENTSOF(global_rows)};

#define M(m) MODEL_MEMBER(Config, m)
static const ModelMember config_rows[] = {
                {M(global), .keyword = "global_defs", .kind = MODEL_VALUE, .write = write_global,
                                .table = &model_global},
                {MODEL_ARRAY(Config, scripts, n_scripts, &model_script), .keyword = "vrrp_script",
                                .kind = MODEL_BLOCKS},
                {M(n_scripts), .kind = MODEL_COUNT},
                {MODEL_ARRAY(Config, groups, n_groups, &model_group), .keyword = "vrrp_sync_group",
                                .kind = MODEL_BLOCKS},
                {M(n_groups), .kind = MODEL_COUNT},
                {MODEL_ARRAY(Config, tracked_files, n_tracked_files, &model_tracked_file),
                                .keyword = "track_file", .kind = MODEL_BLOCKS},
                {M(n_tracked_files), .kind = MODEL_COUNT},
                {MODEL_ARRAY(Config, processes, n_processes, &model_process),
                                .keyword = "vrrp_track_process", .kind = MODEL_BLOCKS},
                {M(n_processes), .kind = MODEL_COUNT},
                {MODEL_ARRAY(Config, link_delays, n_link_delays, &model_link_delay),
                                .keyword = "interface_up_down_delays", .kind = MODEL_LINES},
                {M(n_link_delays), .kind = MODEL_COUNT},
                {MODEL_ARRAY(Config, garp_groups, n_garp_groups, &model_garp_group), .keyword = "garp_group",
                                .kind = MODEL_BLOCKS, .write = write_garp_groups},
                {M(n_garp_groups), .kind = MODEL_COUNT},
                {MODEL_ARRAY(Config, instances, n_instances, &model_instance), .keyword = "vrrp_instance",
                                .kind = MODEL_BLOCKS},
                {M(n_instances), .kind = MODEL_COUNT},
                {MODEL_ARRAY(Config, track_groups, n_track_groups, &model_track_group),
                                .keyword = "track_group", .kind = MODEL_BLOCKS},
                {M(n_track_groups), .kind = MODEL_COUNT},
                {MODEL_ARRAY(Config, static_addresses, n_static_addresses, &model_static_address),
                                .keyword = "static_ipaddress", .kind = MODEL_LINES},
                {M(n_static_addresses), .kind = MODEL_COUNT},
                {MODEL_ARRAY(Config, static_routes, n_static_routes, &model_route),
                                .keyword = "static_routes", .kind = MODEL_LINES},
                {M(n_static_routes), .kind = MODEL_COUNT},
                {MODEL_ARRAY(Config, static_rules, n_static_rules, &model_rule), .keyword = "static_rules",
                                .kind = MODEL_LINES},
                {M(n_static_rules), .kind = MODEL_COUNT},
                {M(files), .kind = MODEL_NOTE},
                {M(instances_by_name), .kind = MODEL_NOTE},
                {M(scripts_by_name), .kind = MODEL_NOTE},
                {M(tracked_files_by_name), .kind = MODEL_NOTE},
                {M(processes_by_name), .kind = MODEL_NOTE},
};
#undef M
const ModelTable model_config = {"Config", sizeof(Config), config_rows, ELEMENTSOF(config_rows)};
