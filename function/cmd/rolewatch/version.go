package main

import (
	"cmp"
	"fmt"
	"maps"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"golang.org/x/mod/module"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/coverage"
	"github.com/rolewatch/rolewatch/function/internal/message"
	"github.com/rolewatch/rolewatch/function/internal/words"
	"github.com/rolewatch/rolewatch/function/policy/actions"
)

// buildFacts are what the binary knows of its own making. What the Go command did not record is empty.
type buildFacts struct {
	// Version is the module's: a release, a pseudo-version, or "(devel)".
	Version string `json:"version,omitzero"`
	// Commit is a hash, of 12 digits where it comes from a pseudo-version, and Committed its time in UTC.
	Commit    string    `json:"commit,omitzero"`
	Committed time.Time `json:"committed,omitzero"`
	// Modified says that the checkout had changes that were not committed.
	Modified bool       `json:"modified,omitzero"`
	Actions  actionList `json:"actions"`
	// Facts are the other lists of AWS's facts, and SDKs what the coverage was compared with.
	Facts []factList  `json:"facts"`
	SDKs  coveredSDKs `json:"sdks"`
	Go    string      `json:"go"`
}

// actionList is where the embedded list of AWS actions comes from. AsOf is a day, empty where it is not known.
type actionList struct {
	Source string `json:"source"`
	AsOf   string `json:"asOf,omitzero"`
	asOf   time.Time
}

// factList is a list of facts of AWS, and the day on which it was last compared with its sources.
type factList struct {
	List string `json:"list"`
	AsOf string `json:"asOf"`
}

// coveredSDKs are the SDKs that what rolewatch watches was compared with, and the day.
type coveredSDKs struct {
	Compared string            `json:"compared"`
	Versions map[string]string `json:"versions"`
}

// thisBuild describes the running binary.
func thisBuild() buildFacts {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		info = &debug.BuildInfo{}
	}
	return buildOf(info)
}

// buildOf reads what the Go command records: settings of the version control system in a checkout, with -trimpath and
// without, and the version alone for 'go install MODULE@VERSION'. A pseudo-version holds a commit and its time
// (https://go.dev/ref/mod#pseudo-versions).
func buildOf(info *debug.BuildInfo) buildFacts {
	b := buildFacts{
		Version: info.Main.Version, Go: cmp.Or(info.GoVersion, runtime.Version()),
		Actions: actionList{Source: actions.Source(), asOf: actions.AsOf()},
	}
	if !b.Actions.asOf.IsZero() {
		b.Actions.AsOf = b.Actions.asOf.Format(time.DateOnly)
	}
	for _, l := range aws.Lists() {
		b.Facts = append(b.Facts, factList{l.Name, l.AsOf})
	}
	b.SDKs = coveredSDKs{Compared: coverage.Compared, Versions: map[string]string{}}
	for _, s := range coverage.SDKs() {
		b.SDKs.Versions[s.Service] = s.Version
	}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			b.Commit = s.Value
		case "vcs.time":
			b.Committed, _ = time.Parse(time.RFC3339, s.Value) // What is not a time stays unknown.
		case "vcs.modified":
			b.Modified = s.Value == "true"
		}
	}
	// A build of changed files has "+dirty" after its version.
	version, _, _ := strings.Cut(b.Version, "+")
	if b.Commit == "" && module.IsPseudoVersion(version) {
		b.Commit, _ = module.PseudoVersionRev(version)
		b.Committed, _ = module.PseudoVersionTime(version)
	}
	return b
}

// text is the facts for people to read, at a time.
func (b buildFacts) text(now time.Time) string {
	const unknown = "unknown"
	commit, committed, list := cmp.Or(b.Commit, unknown), unknown, unknown
	if b.Modified {
		commit += ", with uncommitted changes"
	}
	if !b.Committed.IsZero() {
		committed = message.Clock(b.Committed)
	}
	if b.Actions.AsOf != "" {
		age := max(int(now.Sub(b.Actions.asOf)/(24*time.Hour)), 0)
		list = fmt.Sprintf("%s, %s old", b.Actions.AsOf, words.Count(age, "day"))
	}
	return fmt.Sprintf("rolewatch %s\ncommit:       %s\ncommitted:    %s\nAWS actions:  %s (%s)\nAWS facts:    %s\nAWS SDKs:     %s\nGo:           %s\n",
		cmp.Or(b.Version, unknown), commit, committed, list, b.Actions.Source, cmp.Or(b.facts(), unknown), cmp.Or(b.sdks(), unknown), b.Go)
}

// facts says from when to when the lists of facts were compared with their sources.
func (b buildFacts) facts() string {
	if len(b.Facts) == 0 {
		return ""
	}
	byDay := func(x, y factList) int { return strings.Compare(x.AsOf, y.AsOf) }
	oldest, newest := slices.MinFunc(b.Facts, byDay).AsOf, slices.MaxFunc(b.Facts, byDay).AsOf
	return fmt.Sprintf("%s, compared from %s to %s", words.Count(len(b.Facts), "list"), oldest, newest)
}

// sdks says which SDKs the coverage was compared with, and when.
func (b buildFacts) sdks() string {
	var versions []string
	for _, service := range slices.Sorted(maps.Keys(b.SDKs.Versions)) {
		versions = append(versions, service+" "+b.SDKs.Versions[service])
	}
	if len(versions) == 0 {
		return ""
	}
	return fmt.Sprintf("compared on %s (%s)", b.SDKs.Compared, strings.Join(versions, ", "))
}
