/* sha256: the examples of FIPS 180-4 (as published with it by NIST), and that pieces of every length give what the whole gives. */
#include "engine/sha256.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sodium.h>
#include <string.h>

static void expect(const uint8_t digest[SHA256_SIZE], const char *digits)
{
    char hex[2 * SHA256_SIZE + 1];
    assert_string_equal(sodium_bin2hex(hex, sizeof hex, digest, SHA256_SIZE), digits);
}

static void test_published_examples(void **state)
{
    (void)state;
    static const struct {
        const char *bytes, *digits;
    } examples[] = {
        {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
        {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
        {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
    };
    uint8_t digest[SHA256_SIZE];
    for (size_t i = 0; i < sizeof examples / sizeof *examples; i++) {
        sha256_of(text_of(examples[i].bytes), digest);
        expect(digest, examples[i].digits);
    }
    sha256_of((struct text){0}, digest);
    expect(digest, examples[0].digits);
}

static void test_a_million_letters(void **state)
{
    (void)state;
    static char letters[1000];
    struct sha256 million;
    uint8_t digest[SHA256_SIZE];
    memset(letters, 'a', sizeof letters);
    sha256_start(&million);
    for (int i = 0; i < 1000; i++)
        sha256_add(&million, letters, sizeof letters);
    sha256_end(&million, digest);
    expect(digest, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

/* Against another library, at every length around the edges of its blocks, cut at every place. */
static void test_pieces_are_the_whole(void **state)
{
    (void)state;
    unsigned char bytes[200], whole[SHA256_SIZE], pieces[SHA256_SIZE];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (unsigned char)(i * 7);
    for (size_t size = 0; size <= sizeof bytes; size++) {
        assert_int_equal(crypto_hash_sha256(whole, bytes, size), 0);
        for (size_t cut = 0; cut <= size; cut++) {
            struct sha256 digest;
            sha256_start(&digest);
            sha256_add(&digest, bytes, cut);
            sha256_add(&digest, bytes + cut, size - cut);
            sha256_end(&digest, pieces);
            assert_memory_equal(pieces, whole, SHA256_SIZE);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_published_examples),
        cmocka_unit_test(test_a_million_letters),
        cmocka_unit_test(test_pieces_are_the_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
