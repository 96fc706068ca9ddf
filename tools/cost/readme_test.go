package cost

import (
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// dollars are the amounts in a row of a table of docs/cost.md, in whole dollars. A test of the templates holds the page itself up to date.
func dollars(t *testing.T, page, row string) (out []string) {
	t.Helper()
	for line := range strings.Lines(page) {
		if !strings.HasPrefix(line, "| "+row+" |") {
			continue
		}
		for _, amount := range regexp.MustCompile(`\$([0-9.]+)`).FindAllStringSubmatch(line, -1) {
			value, err := strconv.ParseFloat(amount[1], 64)
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, fmt.Sprintf("$%.0f", value))
		}
	}
	return out
}

// The README says what a hub costs as docs/cost.md does.
func TestTheReadmeSaysWhatAHubCosts(t *testing.T) {
	page, err := os.ReadFile("../../docs/cost.md")
	if err != nil {
		t.Fatal(err)
	}
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	hub, causes := dollars(t, string(page), "**a hub**"), dollars(t, string(page), "GuardDuty in one Region")
	if len(hub) != 3 || len(causes) < 3 {
		t.Fatalf("the page has %v and %v", hub, causes)
	}
	causes = causes[len(causes)-3:]
	for _, want := range []string{
		fmt.Sprintf("about %s a month for 10 accounts, %s for 100 and %s for 1,000", hub[0], hub[1], hub[2]), fmt.Sprintf("is about %s, %s and %s in one Region", causes[0], causes[1], causes[2]),
	} {
		if n := strings.Count(string(readme), want); n != 1 {
			t.Errorf("the README says %d times %q", n, want)
		}
	}
}
