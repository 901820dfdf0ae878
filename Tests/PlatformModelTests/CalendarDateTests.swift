import PlatformModel
import Testing

@Suite struct CalendarDateTests {
    @Test("Each day of 4000 years follows the one before it, and is found again")
    func everyDay() {
        let first = CalendarDate(year: -1000, month: 1, day: 1).days, last = CalendarDate(year: 3000, month: 1, day: 1).days
        var expected = CalendarDate(year: -1000, month: 1, day: 1), wrong = 0
        for days in first...last {
            if CalendarDate(days: days) != expected || expected.days != days { wrong += 1 }
            expected = next(expected)
        }
        #expect(wrong == 0)
        #expect(CalendarDate(days: 0) == CalendarDate(year: 1970, month: 1, day: 1))
    }

    /// By the months' lengths alone.
    private func next(_ date: CalendarDate) -> CalendarDate {
        let isLeap = date.year % 4 == 0 && (date.year % 100 != 0 || date.year % 400 == 0)
        let lengths: [Int64] = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        if date.day < lengths[Int(date.month) - 1] {
            return CalendarDate(year: date.year, month: date.month, day: date.day + 1)
        }
        return date.month == 12
            ? CalendarDate(year: date.year + 1, month: 1, day: 1) : CalendarDate(year: date.year, month: date.month + 1, day: 1)
    }
}
