package dynamostore

import (
	"context"
	bits "encoding/binary"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/go-json-experiment/json"

	"github.com/rolewatch/rolewatch/function/deploy"
	"github.com/rolewatch/rolewatch/function/internal/finding"
)

const (
	// searchFor is what of an invocation the search for unused items takes at most, and searchMargin what it leaves.
	searchFor    = 20 * time.Second
	searchMargin = 15 * time.Second
	// searchName is what a search is kept under that is not done, and marksName what it has found to be used.
	searchName = "search"
	marksName  = "search-marks"
	// marksInItem is how many marks are in an item, of 8 bytes each.
	marksInItem = maxPart / 8
	// maxCandidates is how many items are kept in memory while the table is read, to be judged without reading it again.
	maxCandidates = 200_000
	// largeEvery is how often a table is searched that one invocation cannot read: it is read twice.
	largeEvery = 6 * 24 * time.Hour
	// searchLife is how old a search may become. What it does not know is at least as new as that: edits and refused calls are remembered for
	// 7 days, and an item that expires by mistake is used again long before its 90 days are over.
	searchLife = 14 * 24 * time.Hour
)

// search is how far a search for unused items is. It reads the whole table for what is used, and then once more for what is not; a table that is
// read in one invocation is read once.
type search struct {
	Began time.Time `json:"began,omitzero"`
	// Judges says that all that is used is known, Start is the key of the item that was read last, and Whole the newest sweep whose index is
	// whole, by account.
	Judges bool             `json:"judges,omitzero"`
	Start  *startKey        `json:"start,omitempty"`
	Whole  map[string]int64 `json:"whole,omitempty"`
	// Items is how many items hold the marks.
	Items int `json:"items,omitempty"`
	// Ended is when the last search ended that took more than one invocation.
	Ended time.Time `json:"ended,omitzero"`
}

type startKey struct {
	PK string `json:"pk"`
	SK string `json:"sk"`
}

// errNoTime says that a search goes on in a later invocation.
var errNoTime = errors.New("the time of the invocation is nearly over")

// Search goes on with a search for unused items that the end of a sweep has begun. It does nothing in the store of a member.
func (s *Store) Search(ctx context.Context) error {
	if s.account != "" {
		return nil
	}
	return s.search(ctx, false)
}

// search gives the items that nothing uses the time when they expire, and takes it from those that are used again. Where an item could not be
// read, what it uses is unknown: then nothing is given a time. What the invocation has no time for is left to the next one.
func (s *Store) search(ctx context.Context, begin bool) error {
	at, revision, err := s.loadSearch(ctx)
	if err != nil {
		return err
	}
	now := s.now()
	if at.Began.IsZero() || now.Sub(at.Began) >= searchLife {
		if !begin || now.Sub(at.Ended) < largeEvery {
			return nil
		}
		at = &search{Began: now, Ended: at.Ended}
	}
	budget := searchFor
	if deadline, ok := ctx.Deadline(); ok {
		budget = min(budget, time.Until(deadline)-searchMargin)
	}
	if budget <= 0 {
		return errNoTime
	}
	limited, cancel := context.WithTimeout(ctx, budget)
	defer cancel()
	r := &searching{Store: s, search: at, revision: revision}
	if err := r.run(limited); err != nil {
		return errors.Join(err, r.pause(ctx, err))
	}
	return r.end(ctx)
}

func (s *Store) loadSearch(ctx context.Context) (*search, int64, error) {
	body, revision, err := s.Kept(ctx, searchName)
	at := &search{}
	if err == nil && len(body) > 0 {
		err = json.Unmarshal(body, at)
	}
	if err != nil {
		return nil, 0, fmt.Errorf("read how far the search for unused items is: %w", err)
	}
	return at, revision, nil
}

// searching is a search in one invocation.
type searching struct {
	*Store
	*search
	revision int64
	uses     *uses
	// drop says that there are too many candidates to keep them, or that not all of them were met in this invocation.
	drop bool
}

// errSpoilt says that nothing is given a time.
type errSpoilt struct{ error }

func (e errSpoilt) Unwrap() error { return e.error }

func (r *searching) run(ctx context.Context) error {
	r.uses = newUses(r.Began)
	if r.Whole != nil {
		r.uses.whole = r.Whole
	}
	if r.Judges {
		if err := r.loadMarks(ctx); err != nil {
			return err
		}
		return r.judge(ctx)
	}
	r.drop = r.Start != nil
	if err := r.pages(ctx, r.mark); err != nil {
		return err
	}
	if !r.drop {
		return r.carryOutAll(ctx, r.uses)
	}
	if err := r.saveMarks(ctx); err != nil {
		return err
	}
	if err := r.loadMarks(ctx); err != nil {
		return err
	}
	r.Judges, r.Start = true, nil
	return r.judge(ctx)
}

// pages reads the table from where the search is, and does something with the items of each page.
func (r *searching) pages(ctx context.Context, do func(ctx context.Context, items []item) error) error {
	for {
		in := &dynamodb.ScanInput{TableName: r.table, ConsistentRead: aws.Bool(true)}
		if r.Start != nil {
			in.ExclusiveStartKey = keyOf(r.Start.PK, r.Start.SK)
		}
		page, err := r.client.Scan(ctx, in)
		if err != nil {
			return fmt.Errorf("read the whole table: %w", err)
		}
		if err := do(ctx, page.Items); err != nil {
			return err
		}
		if len(page.LastEvaluatedKey) == 0 {
			return nil
		}
		last := raw(page.LastEvaluatedKey)
		r.Start = &startKey{last.text(deploy.PartitionKey), last.text(deploy.SortKey)}
	}
}

func (r *searching) add(u *uses, items []item) error {
	for _, i := range items {
		if err := u.add(i); err != nil {
			return errSpoilt{fmt.Errorf("what the item %s uses is unknown: %w", nameOf(i), err)}
		}
	}
	return nil
}

// mark notes what the items of a page use.
func (r *searching) mark(_ context.Context, items []item) error {
	if err := r.add(r.uses, items); err != nil {
		return err
	}
	if r.drop = r.drop || len(r.uses.candidates) > maxCandidates; r.drop {
		r.uses.candidates = nil
	}
	return nil
}

// judge reads the table for what is not used.
func (r *searching) judge(ctx context.Context) error {
	return r.pages(ctx, func(ctx context.Context, items []item) error {
		u := &uses{now: r.Began, marks: r.uses.marks, whole: r.uses.whole}
		if err := r.add(u, items); err != nil {
			return err
		}
		return r.carryOutAll(ctx, u)
	})
}

func (r *searching) carryOutAll(ctx context.Context, u *uses) error {
	if err := each(ctx, u.verdicts(r.now()), func(v verdict) error { return r.carryOut(ctx, v) }); err != nil {
		return fmt.Errorf("note when items expire: %w", err)
	}
	return nil
}

// saveMarks keeps the marks of this invocation, behind those that are kept.
func (r *searching) saveMarks(ctx context.Context) error {
	var packed []byte
	put := func() error {
		i := newItem(keptKey(marksName, r.Items))
		i[updatedKey], i["body"] = when(r.Began), binary(slices.Clone(packed))
		packed = packed[:0]
		r.Items++
		return r.putItem(ctx, i)
	}
	for mark := range r.uses.marks {
		if packed = bits.LittleEndian.AppendUint64(packed, mark); len(packed) >= marksInItem*8 {
			if err := put(); err != nil {
				return err
			}
		}
	}
	if len(packed) == 0 {
		return nil
	}
	return put()
}

// loadMarks reads all marks that are kept.
func (r *searching) loadMarks(ctx context.Context) error {
	for n := range r.Items {
		i, err := r.get(ctx, keptKey(marksName, n))
		if err != nil {
			return err
		}
		if i == nil || !read(i).when(updatedKey).Equal(r.Began) {
			return errSpoilt{errors.New("what is used is not kept whole")}
		}
		body := read(i).binary("body")
		for ; len(body) >= 8; body = body[8:] {
			r.uses.marks[bits.LittleEndian.Uint64(body)] = struct{}{}
		}
	}
	return nil
}

// pause keeps how far the search is. One that cannot tell what is used ends: the next sweep begins another one.
func (r *searching) pause(ctx context.Context, why error) error {
	if errors.As(why, &errSpoilt{}) {
		return r.keep(ctx, search{Ended: r.Ended})
	}
	if !r.Judges {
		if r.Start == nil {
			return nil // Nothing is read yet.
		}
		if err := r.saveMarks(ctx); err != nil {
			return err
		}
		r.Whole = r.uses.whole
	}
	return r.keep(ctx, *r.search)
}

// end notes that the search is done.
func (r *searching) end(ctx context.Context) error {
	if r.revision == 0 && r.Items == 0 {
		return nil // It was done in one invocation.
	}
	next := search{Ended: r.Ended}
	if r.Items > 0 {
		next.Ended = r.now()
	}
	return r.keep(ctx, next)
}

func (r *searching) keep(ctx context.Context, at search) error {
	body, err := json.Marshal(at, json.Deterministic(true))
	if err == nil {
		err = r.Keep(ctx, searchName, body, r.revision)
	}
	if err != nil && !errors.Is(err, finding.ErrConflict) {
		return fmt.Errorf("note how far the search for unused items is: %w", err)
	}
	return nil
}
