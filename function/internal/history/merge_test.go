package history_test

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestRecordsOfOneWindowComeInTheOrderOfTheirTimes(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	var lines []string
	for _, s := range random.Perm(1700) {
		lines = append(lines, tag(s))
	}
	l := log(t, map[string]string{"log.jsonl": strings.Join(lines, "\n")})
	seconds, errs := drain(l)
	if len(seconds) != 1700 || !slices.IsSorted(seconds) || len(errs) > 0 || l.Counts.Stragglers != 0 {
		t.Errorf("%d records, sorted %v, errors %q, counts %+v", len(seconds), slices.IsSorted(seconds), errs, l.Counts)
	}
}

func TestFilesAreReadInTheOrderOfTheirDelivery(t *testing.T) {
	name := func(minute int, unique string) string {
		return fmt.Sprintf("%s_CloudTrail_us-east-1_20260302T%02d%02dZ_%s.json.gz", account, 9+minute/60, minute%60, unique)
	}
	l := log(t, map[string]string{
		"a/" + name(125, "first"): gzipped(`{"Records":[` + tag(7400) + `]}`),
		"b/" + name(65, "second"): gzipped(`{"Records":[` + tag(3800) + "," + tag(3700) + `]}`),
		"c/" + name(5, "third"):   gzipped(`{"Records":[` + tag(200) + `]}`),
		// The names of these tell nothing: their first records do.
		"d.json": tag(5000),
		"e.json": tag(100),
	})
	seconds, errs := drain(l)
	if diff := cmp.Diff([]int{100, 200, 3700, 3800, 5000, 7400}, seconds); diff != "" || len(errs) > 0 || l.Counts.Stragglers != 0 {
		t.Errorf("errors %q, counts %+v, records (-want +got):\n%s", errs, l.Counts, diff)
	}
}

func TestAStragglerComesLateAndIsCounted(t *testing.T) {
	const window = 1800
	lines := []string{tag(10), tag(20 + window), tag(25 + 2*window), tag(5), tag(30 + window)}
	l := log(t, map[string]string{"log.jsonl": strings.Join(lines, "\n")})
	seconds, _ := drain(l)
	want := []int{10, 20 + window, -5, 30 + window, 25 + 2*window}
	if diff := cmp.Diff(want, seconds); diff != "" || l.Counts.Stragglers != 1 {
		t.Errorf("counts %+v, records (-want +got):\n%s", l.Counts, diff)
	}
}

func TestARecordThatComesTwiceCountsOnce(t *testing.T) {
	l := log(t, map[string]string{"a.json": tag(1) + tag(2) + tag(1), "b.json": envelope(tag(2))})
	seconds, _ := drain(l)
	if diff := cmp.Diff([]int{1, 2}, seconds); diff != "" || l.Counts.Duplicates != 2 || l.Counts.Stragglers != 0 {
		t.Errorf("counts %+v, records (-want +got):\n%s", l.Counts, diff)
	}
}

func TestReadingStopsWhenNoMoreIsWanted(t *testing.T) {
	l := log(t, map[string]string{"log.jsonl": tag(1) + "\n" + tag(4000) + "\n" + tag(8000) + "\n" + tag(12000)})
	n := 0
	for range l.Records(func(error) {}) {
		n++
		break
	}
	if n != 1 {
		t.Errorf("%d records", n)
	}
}

// TestMemoryDoesNotGrowWithTheLog reads a log of a year, one record every ten minutes and many that are not listed, and
// looks at the heap on the way.
func TestMemoryDoesNotGrowWithTheLog(t *testing.T) {
	var b strings.Builder
	b.WriteString(`{"Records":[`)
	const listed = 4000
	other := strings.Replace(tag(1), `"TagRole"`, `"ListRoles"`, 1)
	for i := range listed {
		b.WriteString(tag(i*600) + "," + other + ",")
	}
	b.WriteString(other + `]}`)
	l := log(t, map[string]string{"log.json": b.String()})
	b.Reset()
	heap := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	early, late, n := uint64(0), uint64(0), 0
	for range l.Records(func(err error) { t.Error(err) }) {
		switch n++; n {
		case listed / 10:
			early = heap()
		case listed - 10:
			late = heap()
		}
	}
	if n != listed || late > early+1<<20 {
		t.Errorf("%d records; the heap held %d bytes after a tenth, %d at the end", n, early, late)
	}
}
