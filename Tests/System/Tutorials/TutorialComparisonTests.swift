import Testing

/// What the comparison of tutorials takes for the same.
@Suite struct TutorialComparisonTests {
    @Test func onlyWhatMustDifferMayDiffer() {
        #expect(Tutorial.same("deployment 3f2a91c07d5e4b68 succeeded\n", "deployment 00000000deadbeef succeeded\n"))
        #expect(Tutorial.same("since 2026-11-13T22:31:07.418Z\n", "since 2027-01-01T00:00:00.000Z\n"))
        #expect(Tutorial.same("role shop_dev_db_3f0c91c07d5e4b68/login\n", "role shop_dev_db_0000000000000000/login\n"))
        #expect(Tutorial.same("12:34:56  workload web  done\n", "23:59:59  workload web  done\n"))
        #expect(!Tutorial.same("deployment 3f2a91c07d5e4b68 succeeded\n", "deployment 3f2a91c07d5e4b68 failed\n"))
        #expect(!Tutorial.same("2 to update\n", "3 to update\n"))
        #expect(Tutorial.same("a\n...\nd\n", "a\nb\nc\nd\n") && !Tutorial.same("a\n...\nd\n", "a\nb\nc\n"))
        #expect(Tutorial.same("a\n...\nb\n...\nd\n", "a\nx\nb\nd\n") && !Tutorial.same("a\n...\nb\n...\nd\n", "a\nx\nd\n"))
    }
}
