// The tabs that GraphiQL opens with.
"use strict";

window.EXAMPLES = [
  {
    query: `# Welcome to Manganace. Press the triangle (or Ctrl-Enter): seed 42 becomes a face.
#
# The picture's address is in the answer, and the picture itself below.
# The next tabs put an emotion on it, page through the history, and follow a generation as it goes.
# Hover over a word to read what it is; the book on the left has the whole schema.

mutation Face {
  generateFace(input: {
    seed: 42          # 0 to 4294967295; without one the service draws one
    truncationPsi: 0.5  # 0: the average face, 1: the full variety
    emotions: []      # such as [{emotion: HAPPY, strength: 0.8}]
    waitMs: 30000     # answer when it is done, after 30 s at the latest
  }) {
    generation {
      id
      status
      image {
        id
        url
        seed
        width
      }
    }
    userErrors { code message field }
  }
}
`,
  },
  {
    query: `# Put an emotion on a face: the same person, the same light, another expression.
# Copy the id of an image (from the first tab's answer) into the variables below.

mutation Emotion($image: ID!) {
  applyEmotion(input: {
    imageId: $image
    emotions: [{emotion: HAPPY, strength: 0.8}]
    waitMs: 30000
  }) {
    generation {
      status
      image {
        id
        url
        source { id url }
        emotions { emotion strength }
      }
    }
    userErrors { code message field }
  }
}
`,
    variables: '{\n  "image": "the id of an image"\n}',
  },
  {
    query: `# What was made, newest first. For the next page pass endCursor as after.

query History($after: String) {
  imageHistory(first: 10, after: $after) {
    nodes {
      id
      url
      seed
      emotions { emotion strength }
      createdAt
    }
    pageInfo { hasNextPage endCursor }
    totalCount
  }
}
`,
  },
  {
    query: `# Follow what happens: this listens over a WebSocket until you stop it.
# Start it, then generate faces in the first tab.

subscription Completed {
  generationCompleted {
    id
    status
    image { url seed }
    error { code message }
  }
}
`,
  },
];
