package memory

import (
	"maps"
	"slices"

	"github.com/rolewatch/rolewatch/function/internal/finding"
)

// clone is a copy of a state that shares nothing with it.
func clone(s finding.State) finding.State {
	s.Parts = maps.Clone(s.Parts)
	for name, p := range s.Parts {
		if p.Former == nil {
			continue
		}
		former := *p.Former
		if former.By != nil {
			by := *former.By
			former.By = &by
		}
		p.Former = &former
		s.Parts[name] = p
	}
	s.Unread = slices.Clone(s.Unread)
	s.Awaited = slices.Clone(s.Awaited)
	s.Refusals = slices.Clone(s.Refusals)
	s.Acts = slices.Clone(s.Acts)
	s.Changes = slices.Clone(s.Changes)
	if s.Deleted != nil {
		deleted := *s.Deleted
		s.Deleted = &deleted
	}
	s.Findings = slices.Clone(s.Findings)
	for i := range s.Findings {
		s.Findings[i] = cloneFinding(s.Findings[i])
	}
	s.Tags = slices.Clone(s.Tags)
	for i := range s.Tags {
		s.Tags[i].By = slices.Clone(s.Tags[i].By)
	}
	s.Flaps, s.EndedInDigest = slices.Clone(s.Flaps), slices.Clone(s.EndedInDigest)
	for i := range s.Flaps {
		f := &s.Flaps[i]
		f.Opened = slices.Clone(f.Opened)
		if f.Ended != nil {
			ended := cloneFinding(*f.Ended)
			f.Ended = &ended
		}
	}
	return s
}

func cloneFinding(f finding.Stored) finding.Stored {
	f.Parts, f.Functions, f.Folds = slices.Clone(f.Parts), slices.Clone(f.Functions), slices.Clone(f.Folds)
	f.Routes = slices.Clone(f.Routes)
	if f.Cause != nil {
		cause := *f.Cause
		cause.Further, cause.Unseen = slices.Clone(cause.Further), slices.Clone(cause.Unseen)
		f.Cause = &cause
	}
	return f
}
