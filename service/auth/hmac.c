/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* See hmac.h. One context of libcrypto for each key, keyed once and started anew for each packet. (libcrypto
 * allocates a little for that, which cannot be helped with its 3.0 interface: the one exception to "no
 * allocation for an advert".) */

#include "service/auth/hmac.h"
#include "service/auth/pass.h"
#include <netinet/in.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <stdlib.h>

#define TRAILER_TYPE 1 /* HMAC-SHA256, truncated to 128 bits */
#define MAC_SIZE 16
#define MAC_OFFSET (HMAC_TRAILER_SIZE - MAC_SIZE)
#define DIGEST_SIZE 32
#define PSEUDO_SIZE 20

/* A key, known to libcrypto only. */
typedef struct Key {
        uint8_t id;
        EVP_MAC_CTX *context;
} Key;

/* The last sequence heard from an address. */
typedef struct Mark {
        VrrpAddress sender; /* unset = free */
        uint64_t sequence;
        uint64_t used; /* when, in packets: the least recently used one is given up first */
} Mark;

struct Hmac {
        EVP_MAC *algorithm;
        Key *keys;
        size_t n_keys;
        uint8_t active_key;
        HmacMode mode;
        bool monotonic;
        usec_t window_usec;
        Mark *marks;
        size_t n_marks;
        uint64_t used;
        uint64_t sent; /* last sequence, 0 = none */
};

/* ---- Making ---- */

static Key *keys_free(Key *keys, size_t n) {
        for (size_t i = 0; keys && i < n; i++)
                EVP_MAC_CTX_free(keys[i].context); /* wipes the key */
        free(keys);
        return NULL;
}

Hmac *hmac_free(Hmac *h) {
        if (!h)
                return NULL;
        keys_free(h->keys, h->n_keys);
        free(h->marks);
        EVP_MAC_free(h->algorithm);
        free(h);
        return NULL;
}

static int key_init(Key *k, EVP_MAC *algorithm, const HmacKey *from) {
        char digest[] = "SHA256";
        const OSSL_PARAM params[] = {
                        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                        OSSL_PARAM_construct_end(),
        };

        k->id = from->id;
        k->context = EVP_MAC_CTX_new(algorithm);
        if (!k->context)
                return -ENOMEM;
        if (EVP_MAC_init(k->context, from->data, from->size, params) == 1)
                return 0;
        EVP_MAC_CTX_free(k->context);
        return -ENOTSUP;
}

static int compare_used(const void *a, const void *b) {
        const Mark *x = a, *y = b;

        return x->used == y->used ? 0 : x->used > y->used ? -1 : 1;
}

int hmac_new(const HmacConfig *config, size_t n_senders, Hmac **ret) {
        _cleanup_(hmac_freep) Hmac *h = calloc(1, sizeof(*h));

        if (!h)
                return -ENOMEM;
        /* Its configuration file is of no use here, and no file is read by this thread. */
        if (OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL) != 1)
                return -ENOTSUP;
        h->algorithm = EVP_MAC_fetch(NULL, OSSL_MAC_NAME_HMAC, NULL);
        if (!h->algorithm)
                return -ENOTSUP;
        h->n_marks = MAX(n_senders, (size_t)1);
        h->marks = calloc(h->n_marks, sizeof(*h->marks));
        h->keys = calloc(MAX(config->n_keys, (size_t)1), sizeof(*h->keys));
        if (!h->marks || !h->keys)
                return -ENOMEM;
        for (; h->n_keys < config->n_keys; h->n_keys++) {
                int r = key_init(&h->keys[h->n_keys], h->algorithm, &config->keys[h->n_keys]);

                if (r < 0)
                        return r;
        }
        h->active_key = config->active_key;
        h->mode = config->mode;
        h->monotonic = config->monotonic;
        h->window_usec = config->window_usec;
        *ret = TAKE_PTR(h);
        return 0;
}

void hmac_inherit(Hmac *h, Hmac *from) {
        qsort(from->marks, from->n_marks, sizeof(*from->marks), compare_used);
        memcpy(h->marks, from->marks, MIN(from->n_marks, h->n_marks) * sizeof(*h->marks));
        h->used = from->used;
        h->sent = from->sent;
}

bool hmac_signs(const Hmac *h) {
        return h->mode != HMAC_RECEIVE_ONLY;
}

bool hmac_requires(const Hmac *h) {
        return h->mode == HMAC_ENFORCE;
}

static const Key *find_key(const Hmac *h, uint8_t id) {
        for (size_t i = 0; i < h->n_keys; i++)
                if (h->keys[i].id == id)
                        return &h->keys[i];
        return NULL;
}

/* ---- The HMAC ---- */

static void make_pseudo(uint8_t *ret, const VrrpAddress *source, const uint8_t *message) {
        memset(ret, 0, PSEUDO_SIZE);
        ret[0] = source->family == AF_INET6 ? 6 : 4;
        ret[1] = message[0] >> 4; /* version */
        ret[2] = message[1];      /* VRID */
        memcpy(ret + 4, source->bytes, vrrp_address_size(source->family));
}

/* message: `size` bytes and the trailer behind them. False: libcrypto has failed, and nothing is to be
 * trusted. */
static bool compute(const Key *key, const VrrpAddress *source, const uint8_t *message, size_t size,
                uint8_t ret[DIGEST_SIZE]) {
        static const uint8_t zero[MAC_SIZE];
        uint8_t pseudo[PSEUDO_SIZE];
        const struct {
                const uint8_t *data;
                size_t size;
        } parts[] = {
                        {pseudo, sizeof(pseudo)},
                        {message, 6},
                        {zero, 2}, /* the checksum */
                        {message + 8, size - 8},
                        {message + size, MAC_OFFSET},
                        {zero, MAC_SIZE},
        };
        size_t n = 0;

        make_pseudo(pseudo, source, message);
        if (EVP_MAC_init(key->context, NULL, 0, NULL) != 1)
                return false;
        for (size_t i = 0; i < ELEMENTSOF(parts); i++)
                if (EVP_MAC_update(key->context, parts[i].data, parts[i].size) != 1)
                        return false;
        return EVP_MAC_final(key->context, ret, &n, DIGEST_SIZE) == 1 && n == DIGEST_SIZE;
}

/* ---- The sequence ---- */

static void put(uint8_t *p, uint64_t value, size_t size) {
        for (size_t i = 0; i < size; i++)
                p[i] = (uint8_t)(value >> 8 * (size - 1 - i));
}

static uint64_t get(const uint8_t *p, size_t size) {
        uint64_t value = 0;

        for (size_t i = 0; i < size; i++)
                value = value << 8 | p[i];
        return value;
}

/* RFC 1982 section 3.2: does a come after b? */
static bool sequence_after(uint64_t a, uint64_t b) {
        return a != b && a - b < UINT64_C(1) << 63;
}

/* Seconds, their fraction in 1/65536, and a counter of 0. */
static uint64_t sequence_of(usec_t realtime_usec) {
        uint64_t seconds = (uint32_t)(realtime_usec / USEC_PER_SEC);
        uint64_t fraction = realtime_usec % USEC_PER_SEC * 65536 / USEC_PER_SEC;

        return seconds << 32 | fraction << 16;
}

/* The window is judged in whole seconds, as the trailer has them first. */
static bool in_window(const Hmac *h, uint64_t sequence, usec_t realtime_usec) {
        int64_t difference =
                        (int32_t)((uint32_t)(sequence >> 32) - (uint32_t)(realtime_usec / USEC_PER_SEC));
        int64_t window = (int64_t)(h->window_usec / USEC_PER_SEC);

        return difference <= window && difference >= -window;
}

static uint64_t next_sequence(Hmac *h, usec_t realtime_usec) {
        uint64_t clock = sequence_of(realtime_usec);

        /* Our clock was corrected by more than the receivers tolerate: to go on from the last value would
         * make everything stale. */
        if (h->sent == 0 || sequence_after(clock, h->sent) ||
                        (!h->monotonic && !in_window(h, h->sent, realtime_usec)))
                h->sent = clock;
        else
                h->sent++;
        return h->sent;
}

/* The mark of a sender whose HMAC was right; else the least recently used one becomes its mark. */
static Mark *find_mark(Hmac *h, const VrrpAddress *sender) {
        Mark *oldest = &h->marks[0];

        for (size_t i = 0; i < h->n_marks; i++) {
                if (vrrp_address_equal(&h->marks[i].sender, sender))
                        return &h->marks[i];
                if (h->marks[i].used < oldest->used)
                        oldest = &h->marks[i];
        }
        *oldest = (Mark){};
        return oldest;
}

/* May this sequence follow what the sender has said before? Then it is what it said last. */
static bool advance(Hmac *h, const VrrpAddress *sender, uint64_t sequence, usec_t realtime_usec) {
        Mark *mark = find_mark(h, sender);
        bool known = vrrp_address_is_set(&mark->sender) &&
                     (h->monotonic || in_window(h, mark->sequence, realtime_usec));

        mark->used = ++h->used;
        if (known && !sequence_after(sequence, mark->sequence))
                return false;
        mark->sender = *sender;
        mark->sequence = sequence;
        return true;
}

/* ---- In and out ---- */

size_t hmac_sign(Hmac *h, usec_t realtime_usec, const VrrpAddress *source, const VrrpAddress *destination,
                uint8_t *buf, size_t size, size_t room) {
        const Key *key = find_key(h, h->active_key);
        uint8_t *trailer = buf + size, mac[DIGEST_SIZE];

        if (!key || room < size + HMAC_TRAILER_SIZE)
                return 0;
        memset(trailer, 0, HMAC_TRAILER_SIZE);
        trailer[0] = TRAILER_TYPE;
        trailer[1] = key->id;
        put(trailer + 4, next_sequence(h, realtime_usec), 8);
        if (!compute(key, source, buf, size, mac))
                return 0;
        memcpy(trailer + MAC_OFFSET, mac, MAC_SIZE);
        size += HMAC_TRAILER_SIZE;
        if (source->family == AF_INET6)
                advert_set_checksum(buf, size, ADVERT_CHECKSUM_PSEUDO, source, destination);
        return size;
}

AdvertVerdict hmac_verify(Hmac *h, usec_t realtime_usec, const VrrpAddress *source, const uint8_t *message,
                size_t size) {
        const uint8_t *trailer = message + size;
        uint64_t sequence = get(trailer + 4, 8);
        uint8_t mac[DIGEST_SIZE];
        const Key *key;

        if (trailer[0] != TRAILER_TYPE || get(trailer + 2, 2) != 0)
                return ADVERT_HMAC_MALFORMED;
        /* First what is cheap: a heap of old packets must not cost a digest each. It only refuses. */
        if (!h->monotonic && !in_window(h, sequence, realtime_usec))
                return ADVERT_HMAC_STALE;
        key = find_key(h, trailer[1]);
        if (!key)
                return ADVERT_HMAC_UNKNOWN_KEY;
        if (!compute(key, source, message, size, mac) || !auth_equal(mac, trailer + MAC_OFFSET, MAC_SIZE))
                return ADVERT_HMAC_BAD;
        return advance(h, source, sequence, realtime_usec) ? ADVERT_OK : ADVERT_HMAC_REPLAY;
}
