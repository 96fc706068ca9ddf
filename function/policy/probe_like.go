package policy

// askLike evaluates the question with what its bounded keys look like. Most of what is denied is so whatever their values: a source of
// another account than a statement names, for example. It reports false where that is not seen.
func (p *Prober) askLike(q *Probe, a *probedAction) (Found, bool) {
	var like map[string]ContextValue
	for _, key := range a.keys {
		if glob, bounded := q.Like[key]; bounded && q.isOpen(key) && !isEverything(glob) {
			if like == nil {
				like = make(map[string]ContextValue, len(q.Like))
			}
			like[key] = ContextValue{Presence: keyLike, Values: []string{glob}}
		}
	}
	if like == nil || !p.mayEvaluate(a) {
		return Found{}, false
	}
	req := p.request(q, a, q.Resource, like)
	v := p.evaluate(req)
	return Found{Decision: v.Decision, Request: req, Verdict: v}, v.Decision == ImplicitDeny || v.Decision == ExplicitDeny
}

// isApart reports that no value which a pattern matches, as Probe.Like has it, meets the operand: somewhere they spell out different text.
// It is only sure of a yes. An operand with a variable may spell out anything.
func (o *operand) isApart(f family, like string) bool {
	if f != familyARN && f != familyString && f != familyLike || o.variable != nil {
		return false
	}
	segments, isARN := splitARN(like)
	own, isOwnARN := splitARN(o.text)
	if !isARN || !isOwnARN || f == familyLike && hasMarks(o.text) {
		// Where a run may stand for colons only the beginnings are sure.
		return f != familyARN && beginningOf(o.text, isMarkByte).isApart(beginningOf(like, isWildcardByte))
	}
	for i := range segments {
		if beginningOf(own[i], isMarkByte).isApart(beginningOf(segments[i], isWildcardByte)) {
			return true
		}
	}
	return false
}
