package reconcile

import (
	"sync"

	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/inforce"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

// judge has the checks judge a subject. What they found in a subject that is the same, a little while ago, they find again: most
// confirming reconciles see what the reconcile before them saw.
func (s *Settings) judge(subject *check.Subject) inforce.Judgement {
	if result, ok := s.judged.last(subject); ok {
		return s.rules.Spare(result, subject)
	}
	// The memory that checks share while they judge is not kept.
	kept := *subject
	result := s.rules.Find(subject)
	if !subject.AsksForTime() {
		s.judged.keep(&kept, result)
	}
	return s.rules.Spare(result, subject)
}

// maxJudged bounds how many roles results are kept of: few edits fall between an edit and the reconcile that confirms it.
const maxJudged = 64

// judged are the results of checks in the roles that were judged last, as far as they do not depend on the time. It is safe for
// concurrent use.
type judged struct {
	mutex sync.Mutex
	of    map[role.Ref]judgedRole
	// order is that in which the roles came.
	order []role.Ref
}

type judgedRole struct {
	subject *check.Subject
	result  check.Result
}

// last gives what was found in a role, if it was the same, down to the very documents.
func (j *judged) last(subject *check.Subject) (check.Result, bool) {
	j.mutex.Lock()
	one, ok := j.of[subject.Role.Ref]
	j.mutex.Unlock()
	if !ok || !one.subject.Same(subject) {
		return check.Result{}, false
	}
	return one.result, true
}

// keep keeps a result, in the place of the role's last one or of the role that came first.
func (j *judged) keep(subject *check.Subject, result check.Result) {
	j.mutex.Lock()
	defer j.mutex.Unlock()
	ref := subject.Role.Ref
	if _, known := j.of[ref]; !known {
		if j.of == nil {
			j.of = map[role.Ref]judgedRole{}
		}
		if j.order = append(j.order, ref); len(j.order) > maxJudged {
			delete(j.of, j.order[0])
			j.order = j.order[1:]
		}
	}
	j.of[ref] = judgedRole{subject, result}
}
