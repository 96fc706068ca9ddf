package history

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Stdin is the name that stands for the standard input.
const Stdin = "-"

// source is one place that records are read from.
type source struct {
	name string
	open func() (io.ReadCloser, error)
	// from is what the file is put in order by: when CloudTrail delivered it, by its name, or its first record's time.
	from time.Time
	// size is in bytes as stored; 0 when it is not known.
	size int64
}

// deliveredName is CloudTrail's own name for a log file, ACCOUNT_CloudTrail_REGION_YYYYMMDDTHHmmZ_UNIQUE.json.gz
// ("CloudTrail log file examples" in the CloudTrail user guide).
var deliveredName = regexp.MustCompile(`_CloudTrail_[a-z0-9-]+_(\d{8}T\d{4}Z)_[A-Za-z0-9]+\.json(\.gz)?$`)

// companionName is a file that CloudTrail writes beside its logs: digests for their integrity, and insights.
var companionName = regexp.MustCompile(`_CloudTrail-(Digest|Insight)_`)

// ErrNoFile says that a folder holds nothing to replay.
var ErrNoFile = errors.New("no *.json, *.json.gz or *.jsonl file in it")

// find lists the sources under the paths, in no order, and counts the companion files passed over.
func find(paths []string, stdin io.Reader) (found []source, skipped int, err error) {
	for _, path := range paths {
		if path == Stdin {
			found = append(found, source{name: "standard input", open: func() (io.ReadCloser, error) { return io.NopCloser(stdin), nil }})
			continue
		}
		info, err := os.Stat(path)
		switch {
		case err != nil:
			return nil, 0, fmt.Errorf("read records: %w", err)
		case !info.IsDir():
			found = append(found, fileSource(path, info.Size()))
		default:
			inside, passed, err := walk(path)
			if err != nil {
				return nil, 0, fmt.Errorf("read records in %s: %w", path, err)
			}
			found, skipped = append(found, inside...), skipped+passed
		}
	}
	return found, skipped, nil
}

func walk(dir string) (found []source, skipped int, err error) {
	err = filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() || !isLogName(entry.Name()):
			return nil
		case companionName.MatchString(entry.Name()):
			skipped++
			return nil
		}
		info, err := os.Stat(path)
		if err != nil {
			return err
		}
		if info.Mode().IsRegular() {
			found = append(found, fileSource(path, info.Size()))
		}
		return nil
	})
	if err == nil && len(found)+skipped == 0 {
		err = ErrNoFile
	}
	return found, skipped, err
}

func isLogName(name string) bool {
	name = strings.TrimSuffix(name, ".gz")
	return strings.HasSuffix(name, ".json") || strings.HasSuffix(name, ".jsonl")
}

func fileSource(path string, size int64) source {
	s := source{name: path, size: size, open: func() (io.ReadCloser, error) { return os.Open(path) }}
	if m := deliveredName.FindStringSubmatch(filepath.Base(path)); m != nil {
		if t, err := time.Parse("20060102T1504Z", m[1]); err == nil {
			s.from = t
		}
	}
	return s
}

// order sorts sources by when their records are from. A file whose name does not tell is asked for its first record,
// but for the standard input, which can be read only once and comes last.
func order(sources []source) {
	if len(sources) < 2 {
		return
	}
	for i := range sources {
		if s := &sources[i]; s.from.IsZero() && s.name != "standard input" {
			s.from = firstTime(*s)
		}
	}
	slices.SortStableFunc(sources, func(a, b source) int {
		if a.from.IsZero() != b.from.IsZero() {
			return cmp.Compare(boolRank(a.from.IsZero()), boolRank(b.from.IsZero()))
		}
		return cmp.Or(a.from.Compare(b.from), strings.Compare(a.name, b.name))
	})
}

func boolRank(b bool) int {
	if b {
		return 1
	}
	return 0
}

// firstTime is the time of a file's first record, zero when it cannot be told.
func firstTime(s source) time.Time {
	var first time.Time
	_ = readSource(s, func(r raw) bool {
		first = eventTime(r.body)
		return false
	}, func(error) {})
	return first
}
