package danger

import (
	"slices"

	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/reach"
)

// substance is what a path is whatever statement it begins with; the keys are those of the statements with which it may begin.
func (e *ending) substance(end *reach.End, keys ...string) *check.Path {
	return &check.Path{
		First: e.FirstStep(end.Hops), End: e.EndPoint(end),
		Begins: func(first string) bool {
			return slices.ContainsFunc(keys, func(key string) bool { return e.Begins(key, first) })
		},
	}
}

// substanceOfWide is that of the first path in the account that paths to what no policy names lead to; nil where they lead to none.
func (e *ending) substanceOfWide(group []found) *check.Path {
	var best *reach.Path
	var keys []string
	for i := range e.Paths {
		p := &e.Paths[i]
		if told := e.toldBy(p); told == nil || !slices.ContainsFunc(group, func(f found) bool { return f.id == told.id }) {
			continue
		}
		if keys = append(keys, p.Key); best == nil {
			best = p
		}
	}
	if best == nil {
		return nil
	}
	return e.substance(&best.End, keys...)
}
